"""`make bench ONLY=pages`: from a mail to its encrypted PDF, beside WeasyPrint and pikepdf.

Both sides run warm, in one process each, and are asked for CPU time alone: what others do on the machine
then counts little. WeasyPrint gets the mail's own HTML with its inline pictures, and nothing remote.
"""

import json
import subprocess
import sys
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
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

def fetch(pictures):
    def fetcher(url, *args, **kwargs):
        if url.lower().startswith("cid:") and url[4:] in pictures:
            kind, data = pictures[url[4:]]
            return weasyprint.URLFetcherResponse(url, data, {"Content-Type": kind}) if hasattr(
                weasyprint, "URLFetcherResponse") else {"string": data, "mime_type": kind}
        raise ValueError("nothing remote")
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

rounds = int(sys.argv[1])
for path in sys.argv[2:]:
    raw = open(path, "rb").read()
    costs = []
    for number in range(rounds + 1):
        start = time.process_time()
        size = len(once(raw))
        costs.append((time.process_time() - start) * 1000)
    costs = sorted(costs[1:])
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


def pages(rounds):
    """A table for docs/performance.md."""
    install()
    subprocess.run(["cargo", "build", "--release", "--locked", "-q", "--workspace", "--features", "depesche/web",
                    "--example", "page_cost"], cwd=TOP, check=True)
    mails = [str(MAILS / f"{name}.eml") for name in SAMPLES]
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(lines([TOP / "target/release/examples/page_cost", "20", *mails]))
        theirs.append(lines([VENV / "bin/python", "-c", PEER, "3", *mails]))
    rows = [
        "| mail | parse | draw | encrypt | **all** | WeasyPrint + pikepdf | ratio |",
        "|-|-|-|-|-|-|-|",
    ]
    middle = lambda rounds, name, key: median(one[name][key] for one in rounds)  # noqa: E731
    totals = []
    for name in SAMPLES:
        step = {key: middle(ours, name, key) for key in ("parse", "draw", "encrypt", "all")}
        peer = middle(theirs, name, "all")
        ratio = median(t[name]["all"] / o[name]["all"] for o, t in zip(ours, theirs))
        totals.append((step["all"], ratio))
        rows.append(f"| {name} | {step['parse']:.2f} | {step['draw']:.1f} | {step['encrypt']:.2f} "
                    f"| {step['all']:.1f} ms | {peer:.0f} ms | {ratio:.0f} |")
    rows.append("")
    rows.append(f"CPU milliseconds, medians of {rounds} rounds; median over the samples {median(t[0] for t in totals):.1f} ms, "
                f"{median(t[1] for t in totals):.0f} times ahead.")
    return "\n".join(rows)


if __name__ == "__main__":
    print(pages(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
