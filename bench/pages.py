"""`make bench ONLY=pages`: from a mail to its encrypted PDF, beside WeasyPrint and pikepdf; encrypting beside qpdf.

CPU time alone, so that what others do on the machine counts little. Ours runs warm, as the gateway keeps it;
the peer is asked twice: warm, and as one process for each mail, which is how scripts call it. It gets the
mail's own HTML with its inline pictures, and nothing remote; it makes no tags.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

TOP = Path(__file__).resolve().parent.parent
MAILS = TOP / "tests" / "mails"
SAMPLES = ("01-text-umlaut", "02-newsletter", "03-thread", "04-intl")
VENV = TOP / "target" / "bench-pages-venv"
#: What is compared with; pinned.
PEERS = ("weasyprint==70.0", "pikepdf==10.18.0")

PEER = r"""
import email, email.policy, html, io, json, sys, time, warnings, logging
import pikepdf, weasyprint
from weasyprint.urls import URLFetcherResponse
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

def fetch(pictures):
    def fetcher(url, *args, **kwargs):
        if url.lower().startswith("cid:") and url[4:] in pictures:
            kind, data = pictures[url[4:]]
            return URLFetcherResponse(url, data, {"Content-Type": kind})
        return URLFetcherResponse(url, b"", {"Content-Type": "image/png"})
    return fetcher

def once(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body(("html", "plain"))
    text = body.get_content()
    if body.get_content_type() == "text/plain":
        text = "<pre style='white-space:pre-wrap'>" + html.escape(text) + "</pre>"
    pictures = {p["Content-ID"].strip("<>"): (p.get_content_type(), p.get_content())
                for p in mail.walk() if p["Content-ID"]}
    head = "".join(f"<p>{n}: {html.escape(str(mail[n]))}</p>" for n in ("From", "To", "Subject", "Date"))
    page = weasyprint.HTML(string=head + text, url_fetcher=fetch(pictures)).write_pdf(presentational_hints=True)
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(page)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="kiefer tasse mond", owner="x" * 20, R=6))
    return out.getvalue()

# 0 rounds: one mail, from the start of the process.
rounds = int(sys.argv[1])
for path in sys.argv[2:]:
    raw = open(path, "rb").read()
    costs = []
    for number in range(rounds + 1):
        start = time.process_time() if rounds else 0
        size = len(once(raw))
        costs.append((time.process_time() - start) * 1000)
    costs = sorted(costs[1:] or costs)
    print(json.dumps({"mail": path, "all": costs[len(costs) // 2], "bytes": size}), flush=True)
"""


def install():
    """A virtual environment with the peers."""
    if not (VENV / "bin/weasyprint").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PEERS], check=True)


def lines(command):
    """The JSON lines a program prints, by the sample's name."""
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {Path(one["mail"]).stem: one for one in map(json.loads, out.splitlines())}


def qpdf(folder, name, rounds=10):
    """CPU milliseconds to read, encrypt and write what we drew; a process each time, which is all qpdf offers."""
    def spent():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (used.ru_utime + used.ru_stime) * 1000
    costs = []
    for _ in range(rounds):
        before = spent()
        subprocess.run(["qpdf", "--encrypt", "kiefer tasse mond", "x" * 20, "256", "--",
                        folder / f"{name}.pdf", folder / f"{name}.locked.pdf"], check=True)
        costs.append(spent() - before)
    return median(costs)


def pages(rounds):
    """A table for docs/performance.md."""
    install()
    subprocess.run(["cargo", "build", "--release", "--locked", "-q", "--workspace", "--features", "depesche/web",
                    "--example", "page_cost"], cwd=TOP, check=True)
    mails = [str(MAILS / f"{name}.eml") for name in SAMPLES]
    ours, warm, cold = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            drawn = lines([TOP / "target/release/examples/page_cost", "20", folder, *mails])
            for name, one in drawn.items():
                one["qpdf"] = qpdf(Path(folder), name)
        ours.append(drawn)
        warm.append(lines([VENV / "bin/python", "-c", PEER, "5", *mails]))
        cold.append({name: one for mail in mails
                     for name, one in lines([VENV / "bin/python", "-c", PEER, "0", mail]).items()})
    return table(ours, warm, cold)


def table(ours, warm, cold):
    """Medians over the rounds; ratios are taken inside a round."""
    rows = [
        "| mail | parse | draw | encrypt | qpdf encrypts | ratio | **all** | peer, warm | ratio | peer, a process for each mail | ratio |",
        "|-|-|-|-|-|-|-|-|-|-|-|",
    ]

    def middle(rounds, name, key):
        return median(one[name][key] for one in rounds)

    def ahead(peer, name):
        return median(theirs[name]["all"] / own[name]["all"] for own, theirs in zip(ours, peer))

    for name in ours[0]:
        parse, draw, encrypt, whole = (middle(ours, name, key) for key in ("parse", "draw", "encrypt", "all"))
        share = median(one[name]["encrypt"] / one[name]["qpdf"] for one in ours)
        rows.append(f"| {name} | {parse:.2f} | {draw:.1f} | {encrypt:.2f} | {middle(ours, name, 'qpdf'):.1f} | {share:.2f} | **{whole:.1f} ms** "
                    f"| {middle(warm, name, 'all'):.0f} ms | {ahead(warm, name):.0f} "
                    f"| {middle(cold, name, 'all'):.0f} ms | {ahead(cold, name):.0f} |")
    whole = median(middle(ours, name, "all") for name in ours[0])
    rows += ["", f"CPU milliseconds, medians of {len(ours)} rounds; {whole:.1f} ms is the median over the samples."]
    return "\n".join(rows)


if __name__ == "__main__":
    print(pages(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
