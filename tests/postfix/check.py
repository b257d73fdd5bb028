"""Depesche between two Postfix: run by `tests/e2e/postfix.rs`, or by hand: `check.py PROGRAM`. Needs root."""

import json
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from pathlib import Path

HERE = Path(__file__).parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "thunderbird")]
import thunderbird  # noqa: E402
from lab import PASSWORD, Lab, until  # noqa: E402

PROGRAM = sys.argv[1]
PYTHON = Path(os.environ.get("DEPESCHE_VENV", TOP / ".venv-tools")) / "bin" / "python"
SMUGGLED = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\r\r\n", b"\r\n.\0\r\n", b"\n.\r\r\n", b"\r.\r\r\n"]
good = []


def check(what, holds, told=""):
    if not holds:
        raise AssertionError(f"{what}: {told}")
    good.append(what)
    print("ok", what, flush=True)


class Gateway:
    """`depesche serve` with its mail door at the lab's port."""

    def __init__(self, lab, folder, onward):
        self.data = Path(folder) / "data"
        self.listen = f"127.0.0.1:{lab.ports['portal']}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "DEPESCHE_PUBLIC_URL": f"http://{self.listen}",
            "DEPESCHE_GATEWAY__LISTEN": f"127.0.0.1:{lab.ports['gateway']}",
            "DEPESCHE_GATEWAY__DOMAINS": '["corp.test"]',
            "DEPESCHE_SMTP__URL": f"smtp://127.0.0.1:{lab.ports[onward]}",
            "DEPESCHE_SMTP__FROM": "depesche@portal.corp.test",
        }
        self.log = open(Path(folder) / "gateway.log", "ab")
        self.child = None
        self.start()

    def start(self):
        words = [PROGRAM, "serve", "--json", "--data", self.data, "--listen", self.listen]
        self.child = subprocess.Popen(words, env=self.environment, stdout=subprocess.PIPE, stderr=self.log)
        line = json.loads(self.child.stdout.readline())
        assert line["event"] == "listening", line

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        assert self.child.wait() == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.log.close()

    def queue(self, *words):
        command = [PROGRAM, "admin", "queue", *(words or ["list"]), "--data", self.data, "--json"]
        said = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout
        return [json.loads(line) for line in said.splitlines()]


def mail(subject, extra="", body="Grüße\r\n", to="k@partner.test"):
    return (
        f"From: Anna <anna@corp.test>\r\nTo: {to}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n{extra}\r\n{body}"
    ).encode()


def body_of(raw):
    return re.split(rb"\r?\n\r?\n", raw.strip(b"\n"), maxsplit=1)[1].replace(b"\r\n", b"\n").strip()


def arguments(raw):
    """Sender and recipients with their wishes, as the sink wrote them down."""
    parsed = message_from_bytes(raw, policy=policy.compat32)
    return parsed["X-Mail-Args"], parsed.get_all("X-Rcpt-Args")


def behind_a_filter(lab, gateway):
    lab.send(
        mail("hello"),
        login=True,
        options=["RET=HDRS", "ENVID=abc123"],
        wishes=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;k@partner.test"],
    )
    raw = lab.sunk(1)[0]
    sender, recipients = arguments(raw)
    check("untagged mail comes back from the filter and leaves", b"(Depesche) with ESMTP id" in raw)
    check("its 8-bit body is as it was", body_of(raw) == "Grüße".encode(), body_of(raw))
    check("ENVID and RET pass", "ENVID=abc123" in sender and "RET=HDRS" in sender, sender)
    check("NOTIFY and ORCPT pass", "NOTIFY=SUCCESS,FAILURE" in recipients[0] and "ORCPT=" in recipients[0], recipients)
    check("who logged in is seen in Received", b"Authenticated sender: anna" in raw)
    lab.forget()

    lab.send(mail("answer", "Auto-Submitted: auto-replied\r\n"), sender="")
    check("the null sender stays null", arguments(lab.sunk(1)[0])[0].startswith("<>"))
    lab.forget()

    to = ["a@partner.test", "b@partner.test", "hidden@other.test"]
    lab.send(mail("three"), to=to)
    recipients = arguments(lab.sunk(1)[0])[1]
    check("three recipients stay one mail", len(recipients) == 3, recipients)
    lab.forget()

    lab.send(mail("umlaut", to="jörg@partner.test"), sender="jörg@corp.test", to=["jörg@partner.test"], options=["SMTPUTF8"])
    # The sink knows no SMTPUTF8; the Postfix that it comes back to does.
    back = until("it comes back", lambda: lab.log().count("from=<jörg@corp.test>") > 1)
    check("addresses beyond ASCII pass by SMTPUTF8", back and "5.5.4" not in lab.log(), lab.log())
    logins(lab)

    lab.send(mail("inside", to="ben@corp.test"), to=["ben@corp.test"])
    raw, got = lab.fetched("ben", "inside")
    check("Postfix, Depesche, Postfix, Dovecot, IMAP", b"(Depesche) with ESMTP id" in raw and got.get_content().strip() == "Grüße")
    lab.send(mail("=?utf-8?Q?AW=3A_=28Auto=29_Gr=C3=BC=C3=9Fe?=", to="ben@corp.test"), to=["ben@corp.test"], login=True)
    raw, got = lab.fetched("ben", "AW: Grüße")
    check("the tag is gone for our own people", str(got["subject"]) == "AW: Grüße", got["subject"])

    lab.send(mail("=?utf-8?B?KEF1dG8pIEdlaGVpbQ==?=", body="canary\r\n"), login=True)
    rows = until("it is held", lambda: [r for r in gateway.queue() if r["treatment"] == "protect"])
    check("a tagged mail is held for protection", rows[0]["recipient"] == "k@partner.test", rows)
    invitation = lab.sunk(1)[0]
    check("whom it is for is invited", b"/p/" in invitation and b"canary" not in invitation)
    lab.forget()
    gateway.queue("drop", rows[0]["mail"])
    raw, _ = lab.fetched("anna", "Not delivered")
    check("its sender is told by a report when it is dropped", b"Status: 5.7.0" in raw and b"canary" not in raw)

    protected(lab)
    smuggle(lab)

    gateway.stop()
    lab.send(mail("while it is down"))
    until("it waits", lambda: "Connection refused" in lab.queue())
    check("the gateway down: mail waits in Postfix", not list((lab.folder / "sink").iterdir()))
    gateway.start()
    lab.flush()
    check("the gateway back: it leaves", len(lab.sunk(1)) == 1)
    lab.forget()


def refused(send):
    try:
        send()
    except smtplib.SMTPException:
        return True
    return False


def logins(lab):
    """The ports for our people, in front of the gateway."""
    lab.send_by_tls(mail("by TLS"))
    check("a login by TLS from the first byte", b"Authenticated sender: anna" in lab.sunk(1)[0])
    lab.forget()

    def in_clear():
        with smtplib.SMTP("127.0.0.1", lab.ports["submission"]) as peer:
            peer.login("anna", PASSWORD)

    check("no login without TLS", refused(in_clear))
    check("nothing without a login", refused(lambda: lab.send_by_tls(mail("x"), password=None)))
    check("nothing with a wrong password", refused(lambda: lab.send_by_tls(mail("x"), password="wrong")))
    check("nothing in another's name", refused(lambda: lab.send_by_tls(mail("x"), sender="ben@corp.test")))


def readers(path, password):
    """Each program that opens the PDF with this password, and whether it shows what was written."""
    script = "import sys, pikepdf\nwith pikepdf.open(sys.argv[1], password=sys.argv[2]): print('alles in Ordnung')"
    commands = {
        "qpdf": ["sh", "-c", "qpdf --check --password=\"$2\" \"$1\" >&2 && echo alles in Ordnung", "sh", path, password],
        "poppler": ["pdftotext", "-upw", password, path, "-"],
        "MuPDF": ["mutool", "draw", "-q", "-F", "text", "-p", password, path],
        "pikepdf": [PYTHON, "-B", "-c", script, path, password],
        "pdf.js": ["node", TOP / "web" / "scripts" / "pdf-text.js", path, password],
    }
    done = {name: subprocess.run(words, capture_output=True, text=True) for name, words in commands.items()}
    return {name: one.returncode == 0 and "alles in Ordnung" in one.stdout for name, one in done.items()}


def protected(lab):
    """The recipient's side of it: an ordinary Thunderbird, and whatever opens PDFs."""
    lab.send(mail("(Auto) Befund", body="alles in Ordnung\r\n", to="kim@home.test"), to=["kim@home.test"], login=True)
    raw, invitation = lab.fetched("kim", "Anna")
    link = re.search(r"http://\S+/p/[\w-]+", invitation.get_body(("plain",)).get_content())
    check("an outsider is asked for a password of his own", link is not None and b"Ordnung" not in raw, raw)
    password = "kiefer tasse mond regal uhr"
    subprocess.run(
        [PROGRAM, "pdf-password", link[0]],
        env={"PATH": os.environ["PATH"], "DEPESCHE_HOME": lab.folder / "kim", "DEPESCHE_PDF_PASSWORD": password},
        check=True,
        capture_output=True,
    )
    subject = "Protected message"
    lab.fetched("kim", subject)
    profile, fetched = lab.folder / "profile", lab.folder / "fetched"
    profile.mkdir()
    fetched.mkdir()
    imap = f"kim:{PASSWORD}@{lab.ports['imap']}"
    thunderbird.run(HERE.parent / "thunderbird" / "fetch.cfg", profile, DEPESCHE_IMAP=imap, DEPESCHE_SUBJECT=subject, DEPESCHE_FETCHED=str(fetched))
    seen = json.loads((fetched / "mail.json").read_text())
    check("Thunderbird fetches the protected mail by IMAP", len(seen.get("attachments", [])) == 1, seen)
    check("nothing of it is readable beside the PDF", "Ordnung" not in seen["text"] and "Befund" not in seen["subject"], seen)
    pdf = fetched / seen["attachments"][0]
    opened, wrong = readers(pdf, password), readers(pdf, "kiefer tasse mond regal ohr")
    check("qpdf, poppler, MuPDF, pikepdf and pdf.js open it with the password", all(opened.values()), opened)
    check("and with a wrong one none does", not any(wrong.values()), wrong)


def smuggle(lab):
    for end in SMUGGLED:
        with socket.create_connection(("127.0.0.1", lab.ports["mx"])) as peer:
            lines = peer.makefile("rb")
            lines.readline()
            for command in (b"EHLO x", b"MAIL FROM:<a@corp.test>", b"RCPT TO:<b@partner.test>", b"DATA"):
                peer.sendall(command + b"\r\n")
                while lines.readline()[3:4] == b"-":
                    pass
            inner = b"MAIL FROM:<admin@corp.test>\r\nRCPT TO:<v@partner.test>\r\nDATA\r\nSubject: SMUGGLED\r\n\r\nx\r\n.\r\nQUIT\r\n"
            peer.sendall(b"Subject: outer\r\n\r\nx" + end + inner)
            while lines.readline():
                pass
    senders = [arguments(raw)[0] for raw in lab.sunk(len(SMUGGLED))]
    holds = len(senders) == len(SMUGGLED) and not any("admin@" in sender for sender in senders)
    check(f"{len(SMUGGLED)} ways to smuggle, none makes two mails", holds, senders)
    lab.forget()


def in_a_loop(lab):
    lab.send(mail("round", "Message-ID: <round@corp.test>\r\n"))
    until("the loop ends", lambda: "5.4.6" in lab.log())
    turns = lab.log().count("message-id=<round@corp.test>")
    raw, _ = lab.fetched("anna", "Undelivered")
    check("mail led in a circle ends after one turn, and its sender is told", b"5.4.6" in raw and turns == 2, turns)


def chosen_mail_alone(lab, gateway):
    def through(raw):
        return b"(Depesche) with ESMTP id" in raw

    def sent(mail, **how):
        lab.send(mail, **how)
        return left(lab)

    check("a chosen domain goes through the gateway", through(sent(mail("n"))))
    check("another does not", not through(sent(mail("n"), to=["k@other.test"])))
    check("a chosen sender does", through(sent(mail("n"), sender="ceo@board.corp.test", to=["k@other.test"])))
    lab.send(mail("(Auto) x"), to=["k@other.test"])
    rows = until("it is held", lambda: [row for row in gateway.queue() if row["recipient"] == "k@other.test"])
    check("a plain tag leads to the gateway", rows[0]["treatment"] == "protect", rows)
    check("and only the invitation leaves", b"/p/" in left(lab))
    lab.send(mail("x", "Sensitivity: Company-Confidential\r\n"), to=["s@other.test"])
    rows = until("it is held", lambda: [row for row in gateway.queue() if row["recipient"] == "s@other.test"])
    check("so does a sensitivity", rows[0]["treatment"] == "protect", rows)
    left(lab)
    # What docs/operations.md warns of.
    check("an encoded tag does not: it leaves in clear", not through(sent(mail("=?utf-8?B?KEF1dG8pIEdyw7zDn2U=?="), to=["k@other.test"])))


def left(lab):
    """The one mail that left."""
    raw = lab.sunk(1)[0]
    lab.forget()
    return raw


def as_a_smart_host(lab):
    lab.send(mail("onward"))
    raw = lab.sunk(1)[0]
    check("the smart host delivers onward", b"X-Depesche-Trace:" in raw and body_of(raw) == "Grüße".encode())
    lab.forget()
    for number in range(50):
        lab.send(mail(f"number {number}"))
    subjects = [message_from_bytes(raw)["subject"] for raw in lab.sunk(50)]
    check("fifty mails arrive, each once", sorted(subjects) == sorted(f"number {n}" for n in range(50)))


def main():
    with tempfile.TemporaryDirectory() as folder, Lab(folder, "filter") as lab:
        try:
            with Gateway(lab, folder, "back") as gateway:
                behind_a_filter(lab, gateway)
            # Led back to the port that filters.
            with Gateway(lab, folder, "mx"):
                in_a_loop(lab)
        except BaseException:
            print(lab.log()[-4000:], (Path(folder) / "gateway.log").read_text()[-4000:], file=sys.stderr)
            raise
    with tempfile.TemporaryDirectory() as folder, Lab(folder, "selective") as lab:
        with Gateway(lab, folder, "back") as gateway:
            chosen_mail_alone(lab, gateway)
    with tempfile.TemporaryDirectory() as folder, Lab(folder, "smart host") as lab:
        with Gateway(lab, folder, "sink"):
            as_a_smart_host(lab)
    print(f"{len(good)} checks")


main()
