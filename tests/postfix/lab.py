"""A Postfix, a Dovecot and a mail sink in a folder of their own, on free ports of 127.0.0.1.

Nothing under /etc/postfix is written, and no service of the system is touched. Postfix needs root.
"""

import glob
import imaplib
import os
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import time
from email import message_from_bytes, policy
from pathlib import Path

os.environ["PATH"] += os.pathsep + "/usr/sbin"
PASSWORD = "secret"

MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/spool
data_directory = {base}/data
meta_directory = /etc/postfix
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {base}/log/mail.log
maillog_file_prefixes = {base}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
mydestination =
local_recipient_maps =
local_transport = error:no local delivery here
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
smtp_host_lookup = native
disable_vrfy_command = yes
smtputf8_enable = yes
message_size_limit = 157286400
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions =
smtpd_data_restrictions = reject_unauth_pipelining
minimal_backoff_time = 5s
maximal_backoff_time = 20s
queue_run_delay = 5s
myhostname = edge.corp.test
smtpd_tls_cert_file = {base}/etc/cert.pem
smtpd_tls_key_file = {base}/etc/key.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_sasl_authenticated_header = yes
smtpd_sender_login_maps = inline:{{ anna@corp.test=anna }}
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
"""

# Everything goes through Depesche, an after-queue content filter, and comes back on a port of its own.
FILTER = """\
virtual_mailbox_domains = corp.test
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
# A recipient of another house, whose mailbox is here all the same.
transport_maps = inline:{{ {{home.test = lmtp:inet:127.0.0.1:{lmtp}}} }}
relayhost = [127.0.0.1]:{sink}
content_filter =
depesche_destination_recipient_limit = 100
depesche_destination_concurrency_limit = 10
"""

WAY_THERE = """\
depesche  unix  -  -  n  -  10  smtp
    -o smtp_send_xforward_command=yes
    -o disable_mime_output_conversion=yes
    -o smtp_data_done_timeout=1200s
    -o smtp_tls_security_level=none
    -o smtp_generic_maps=
    -o max_use=100
"""

FILTER_MASTER = """\
127.0.0.1:{mx} inet n - n - - smtpd
    -o content_filter=depesche:[127.0.0.1]:{gateway}
127.0.0.1:{submission} inet n - n - - smtpd
    -o smtpd_tls_security_level=encrypt
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_sender_restrictions=reject_sender_login_mismatch
    -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
    -o content_filter=depesche:[127.0.0.1]:{gateway}
127.0.0.1:{submissions} inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_sender_restrictions=reject_sender_login_mismatch
    -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
    -o content_filter=depesche:[127.0.0.1]:{gateway}
127.0.0.1:{back} inet n - n - 20 smtpd
    -o content_filter=
    -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks,no_milters
    -o smtpd_client_restrictions=permit_mynetworks,reject
    -o smtpd_relay_restrictions=permit_mynetworks,reject
    -o smtpd_authorized_xforward_hosts=127.0.0.0/8
    -o smtpd_client_connection_count_limit=0
    -o smtpd_client_connection_rate_limit=0
    -o local_header_rewrite_clients=
""" + WAY_THERE

# Only chosen mail goes through Depesche: by recipient, by sender, by a raw header. What comes back must not be led there
# again: a content filter overrides all other routing.
SELECTIVE = """\
relayhost = [127.0.0.1]:{sink}
transport_maps = inline:{{ partner.test=depesche:[127.0.0.1]:{gateway} }}
sender_dependent_default_transport_maps = inline:{{ @board.corp.test=depesche:[127.0.0.1]:{gateway} }}
header_checks = regexp:{base}/etc/header_checks
"""

SELECTIVE_MASTER = """\
127.0.0.1:{mx} inet n - n - - smtpd
127.0.0.1:{back} inet n - n - 20 smtpd
    -o content_filter=smtp:[127.0.0.1]:{sink}
    -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks,no_milters
    -o smtpd_relay_restrictions=permit_mynetworks,reject
    -o smtpd_authorized_xforward_hosts=127.0.0.0/8
""" + WAY_THERE

HEADER_CHECKS = """\
/^Subject:.*\\(auto\\)/ FILTER depesche:[127.0.0.1]:{gateway}
/^Sensitivity:[[:space:]]*company-confidential/ FILTER depesche:[127.0.0.1]:{gateway}
"""

# Depesche is the smart host and delivers onward itself.
SMART_HOST = """\
relayhost = [127.0.0.1]:{gateway}
smtp_destination_recipient_limit = 100
disable_mime_output_conversion = yes
default_process_limit = 100
"""

# Beside Depesche in the bench: the same way on, without it.
RELAY = SMART_HOST.replace("{gateway}", "{sink}")

SMART_HOST_MASTER = """\
127.0.0.1:{mx} inet n - n - - smtpd
"""

MASTER = """\
postlog   unix-dgram n - n - 1 postlogd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
"""

DOVECOT = """\
base_dir = {base}/run
log_path = {base}/dovecot.log
state_dir = {base}/state
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = dovecot
default_login_user = dovenull
mail_location = maildir:{base}/mail/%n
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {base}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={base}/mail/%n
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""


def free_ports(*names):
    """A free port for each name; held together, so that none is given twice."""
    held = [socket.socket() for _ in names]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = {name: one.getsockname()[1] for name, one in zip(names, held)}
    for one in held:
        one.close()
    return ports


def until(what, ask, longest=60):
    """Asks until there is an answer."""
    end = time.monotonic() + longest
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited in vain: {what}")


def listens(port):
    """Somebody answers there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Lab:
    """All servers but the gateway. Use it with `with`."""

    def __init__(self, folder, kind):
        self.folder = Path(folder)
        self.kind = kind
        self.ports = free_ports("mx", "submission", "submissions", "back", "sink", "gateway", "portal", "sasl", "lmtp", "imap")
        self.sink = None

    def __enter__(self):
        self.folder.chmod(0o755)
        try:
            self.start_dovecot()
            self.start_sink()
            self.start_postfix()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        postfix = self.folder / "postfix"
        if (postfix / "etc").is_dir():
            subprocess.run(["postfix", "-c", postfix / "etc", "stop"], capture_output=True)
        if (self.folder / "dovecot" / "dovecot.conf").exists():
            subprocess.run(["doveadm", "-c", self.folder / "dovecot" / "dovecot.conf", "stop"], capture_output=True)
        if self.sink:
            self.sink.send_signal(signal.SIGTERM)
            self.sink.wait()

    def start_dovecot(self):
        base = self.folder / "dovecot"
        for name in ("run", "state", "mail"):
            (base / name).mkdir(parents=True)
        shutil.chown(base / "mail", "nobody", "nogroup")
        for folder in (base, base / "mail"):
            folder.chmod(0o755)
        (base / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in ("anna", "ben", "kim")))
        (base / "dovecot.conf").write_text(DOVECOT.format(base=base, **self.ports))
        subprocess.run(["dovecot", "-c", base / "dovecot.conf"], check=True, stdin=subprocess.DEVNULL)
        until("Dovecot listens", lambda: listens(self.ports["imap"]) and listens(self.ports["lmtp"]))

    def start_sink(self):
        kept = self.folder / "sink"
        kept.mkdir()
        kept.chmod(0o777)
        words = ["smtp-sink", "-u", "nobody", f"127.0.0.1:{self.ports['sink']}", "200"]
        if self.kind != "relay":
            words[3:3] = ["-d", f"{kept}/%M."]
        self.sink = subprocess.Popen(words)
        until("the sink listens", lambda: listens(self.ports["sink"]))

    def start_postfix(self):
        base = self.folder / "postfix"
        for name in ("etc", "spool", "data", "log"):
            (base / name).mkdir(parents=True)
        shutil.chown(base / "data", "postfix")
        kinds = {
            "filter": (FILTER, FILTER_MASTER),
            "selective": (SELECTIVE, SELECTIVE_MASTER),
            "smart host": (SMART_HOST, SMART_HOST_MASTER),
            "relay": (RELAY, SMART_HOST_MASTER),
        }
        main, master = kinds[self.kind]
        (base / "etc" / "main.cf").write_text((MAIN + main).format(base=base, **self.ports))
        (base / "etc" / "master.cf").write_text(master.format(**self.ports) + MASTER)
        (base / "etc" / "header_checks").write_text(HEADER_CHECKS.format(**self.ports))
        (base / "etc" / "postfix-files").symlink_to("/etc/postfix/postfix-files")
        words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        words = words.split() + ["-keyout", base / "etc" / "key.pem", "-out", base / "etc" / "cert.pem"]
        subprocess.run(words, check=True, capture_output=True)
        self.postfix("start")
        until("Postfix listens", lambda: listens(self.ports["mx"]))

    def postfix(self, what):
        etc = self.folder / "postfix" / "etc"
        subprocess.run(["postfix", "-c", etc, what], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def queue(self):
        etc = self.folder / "postfix" / "etc"
        return subprocess.run(["postqueue", "-c", etc, "-p"], capture_output=True, text=True).stdout

    def flush(self):
        subprocess.run(["postqueue", "-c", self.folder / "postfix" / "etc", "-f"], check=True)

    def log(self):
        return (self.folder / "postfix" / "log" / "mail.log").read_text(errors="replace")

    def send(self, mail, sender="anna@corp.test", to=("k@partner.test",), options=(), wishes=(), login=False):
        """Hands a mail to Postfix, with Anna's login on the port for it."""
        port = self.ports["submission" if login else "mx"]
        with smtplib.SMTP("127.0.0.1", port) as peer:
            if login:
                peer.starttls(context=ssl._create_unverified_context())
                peer.login("anna", PASSWORD)
            peer.sendmail(sender, list(to), mail, ["BODY=8BITMIME", *options], list(wishes))

    def send_by_tls(self, mail, sender="anna@corp.test", password=PASSWORD):
        """The same on the port that speaks TLS from the first byte; without a login if there is no password."""
        context = ssl._create_unverified_context()
        with smtplib.SMTP_SSL("127.0.0.1", self.ports["submissions"], context=context) as peer:
            if password:
                peer.login("anna", password)
            peer.sendmail(sender, ["k@partner.test"], mail)

    def sunk(self, count, longest=60):
        """So many mails that left to the outside; raw, and parsed."""
        kept = str(self.folder / "sink" / "*")
        # A file appears when its mail begins; smtp-sink ends each with an empty line.
        until(f"{count} mails leave", lambda: len(glob.glob(kept)) >= count, longest)
        found = []
        for path in sorted(glob.glob(kept), key=os.path.getmtime):
            until("a mail is whole", lambda: Path(path).read_bytes().endswith(b"\n\n"))
            found.append(Path(path).read_bytes())
        return found

    def forget(self):
        for path in glob.glob(str(self.folder / "sink" / "*")):
            os.unlink(path)

    def fetched(self, user, subject, longest=60):
        """The mail with this subject out of somebody's mailbox, by IMAP."""

        def look():
            with imaplib.IMAP4("127.0.0.1", self.ports["imap"]) as box:
                box.login(user, PASSWORD)
                box.select("INBOX")
                for number in box.search(None, "ALL")[1][0].split():
                    raw = box.fetch(number, "(RFC822)")[1][0][1]
                    mail = message_from_bytes(raw, policy=policy.default)
                    if subject in str(mail["subject"]):
                        return raw, mail
            return None

        return until(f"{user} gets {subject}", look, longest)
