"""The mail gateway beside Postfix: how fast mail is taken, and how fast it passes.

`smtp-source` hands in, one mail a connection; both are told to send on to the same `smtp-sink`. "Taken" is the time
until the last `250`, each after the mail is on disk; "passed" until the last mail has left.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests" / "postfix"))

from lab import Lab, free_ports, until  # noqa: E402

COUNT = 1500
BYTES = 5000
SESSIONS = (20, 100)


class Depesche:
    """`depesche serve` as a smart host."""

    name = "depesche"

    def __init__(self, program, folder, sink):
        folder.mkdir()
        self.port = free_ports("gateway")["gateway"]
        self.data = folder / "data"
        environment = {
            "PATH": os.environ["PATH"],
            "DEPESCHE_GATEWAY__LISTEN": f"127.0.0.1:{self.port}",
            "DEPESCHE_SMTP__URL": f"smtp://127.0.0.1:{sink}",
        }
        words = [program, "serve", "--json", "--data", self.data, "--listen", "127.0.0.1:0"]
        self.log = open(folder / "log", "wb")
        self.child = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=self.log)
        assert json.loads(self.child.stdout.readline())["event"] == "listening"

    def waiting(self):
        database = sqlite3.connect(f"file:{self.data}/depesche.db?mode=ro", uri=True)
        try:
            return database.execute("SELECT COUNT(*) FROM mails").fetchone()[0]
        finally:
            database.close()

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()
        self.log.close()


class Postfix:
    """Postfix as Debian ships it, with `relayhost`."""

    name = "Postfix"

    def __init__(self, lab):
        self.lab = lab
        self.port = lab.ports["mx"]

    def waiting(self):
        spool = self.lab.folder / "postfix" / "spool"
        queues = ("maildrop", "incoming", "active", "deferred")
        return sum(1 for queue in queues for _, _, files in os.walk(spool / queue) for _ in files)


def one(peer, sessions):
    """Mails a second: taken, passed."""
    words = ["smtp-source", "-s", str(sessions), "-m", str(COUNT), "-l", str(BYTES), "-f", "a@corp.test"]
    words += ["-t", "b@partner.test", f"127.0.0.1:{peer.port}"]
    os.sync()
    started = time.monotonic()
    subprocess.run(words, check=True)
    taken = time.monotonic() - started
    until("all have left", lambda: peer.waiting() == 0, 300)
    return COUNT / taken, COUNT / (time.monotonic() - started)


def mail(program, scratch, rounds):
    """A table."""
    folder = scratch / "mail"
    folder.mkdir()
    # Postfix works as several users.
    scratch.chmod(0o755)
    # The smart host's own way on is the sink, as ours.
    with Lab(folder, "relay") as lab:
        depesche = Depesche(program, folder / "depesche", lab.ports["sink"])
        peers = [Postfix(lab), depesche]
        rows = ["| sessions | | taken, mails/s | ratio | passed, mails/s | ratio |", "|-|-|-|-|-|-|"]
        try:
            for sessions in SESSIONS:
                results = []
                for peer in peers:
                    one(peer, sessions)  # warm up
                for number in range(rounds):
                    order = peers if number % 2 == 0 else peers[::-1]
                    results.append({peer.name: one(peer, sessions) for peer in order})
                    print(f"  {sessions} sessions, round {number + 1} of {rounds}", flush=True)
                for peer in peers:
                    cells = [str(sessions), peer.name]
                    for at in (0, 1):
                        rate = median(result[peer.name][at] for result in results)
                        ratio = median(result[peer.name][at] / result["Postfix"][at] for result in results)
                        cells += [f"{rate:.0f}", f"{ratio:.2f}"]
                    rows.append("| " + " | ".join(cells) + " |")
        finally:
            depesche.stop()
    return f"{COUNT} mails of {BYTES:,} bytes, one a connection; {rounds} rounds, ratios inside the round.\n\n" + "\n".join(rows)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory(dir=TOP / "target") as place:
        print(mail(TOP / "target/release/depesche", Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 3))
