"""Handoffs of 4 KiB, beside an nginx that answers the same requests with a bare 200.

One thread each for the server and for the load; what wrk would need a script for is `tests/load.rs`. Measured twice:
with a load that never sleeps, and with one that the server has to wake.
"""

import json
import os
import subprocess
import time
from statistics import median

from measure import Failed, status_bytes
from peers import free_port, stop

CONNECTIONS = 64
SECONDS = 5
SLOTS = 5_000
NGINX = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }}
}}
"""


class Bare:
    """nginx with one worker: answers, does nothing."""

    name = "nginx, a bare 200"

    def __init__(self, folder):
        folder.mkdir(parents=True)
        self.port = free_port()
        conf = folder / "nginx.conf"
        conf.write_text(NGINX.format(dir=folder, port=self.port))
        path = os.environ["PATH"] + ":/usr/sbin"
        self.process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(conf)],
            env={**os.environ, "PATH": path}, stderr=subprocess.DEVNULL)


class Slots:
    """depesche with one thread, its limits and metrics on."""

    name = "depesche, create + take + commit"

    def __init__(self, program, folder):
        self.port = free_port()
        # No line for each request: nginx's own log is off as well.
        settings = {"TOKIO_WORKER_THREADS": "1", "DEPESCHE_LOG": "warn",
                    "DEPESCHE_HANDOFF__PER_ADDRESS": str(SLOTS + CONNECTIONS)}
        self.process = subprocess.Popen(
            [program, "serve", "--data", str(folder), "--listen", f"127.0.0.1:{self.port}", "--json"],
            env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not self.process.stdout.readline():
            raise Failed("depesche does not start")


def loaded(load, port, seconds, *how):
    """What one run gave."""
    for _ in range(100):
        done = subprocess.run([load, str(port), str(seconds), str(CONNECTIONS), *how],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return json.loads(done.stdout)
        if "refused" not in done.stderr.lower():
            raise Failed(done.stderr)
        time.sleep(0.05)
    raise Failed("nobody listens")


def memory(load, slots):
    """Resident bytes of one waiting slot, and what is left after all were taken."""
    read = lambda: status_bytes(slots.process.pid, "VmRSS")  # noqa: E731
    before = read()
    filler = subprocess.Popen([load, str(slots.port), "fill", str(SLOTS)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    filler.stdout.readline()
    full = read()
    filler.stdin.write("\n")
    filler.stdin.flush()
    filler.stdout.readline()
    filler.wait()
    time.sleep(2.5)  # time passes for slots every second
    return (full - before) / SLOTS, (read() - before) / SLOTS


def handoff(program, load, scratch, rounds):
    """The table."""
    running = [Bare(scratch / "bare"), Slots(program, scratch / "slots")]
    try:
        for one in running:
            loaded(load, one.port, 1)
        results, asleep = [], []
        for number in range(rounds):
            turn = running if number % 2 == 0 else running[::-1]
            results.append({one.name: loaded(load, one.port, SECONDS) for one in turn})
            asleep.append({one.name: loaded(load, one.port, SECONDS, "asleep") for one in turn})
            print(f"  round {number + 1} of {rounds}", flush=True)
        each, left = memory(load, running[1])
    finally:
        for one in running:
            stop(one.process)
    bare, ours = (one.name for one in running)
    rows = ["| | requests/s | p50 | p99 |", "|-|-|-|-|"]
    for name in (bare, ours):
        value = lambda key: median(one[name][key] for one in results)  # noqa: E731,B023
        rows.append(f"| {name} | {value('per_second'):,.0f} | {value('p50') * 1e3:.2f} ms | {value('p99') * 1e3:.2f} ms |")
    ratio = lambda key, runs: median(one[ours][key] / one[bare][key] for one in runs)  # noqa: E731
    share, tail = ratio("per_second", results), ratio("p99", results)
    return (
        f"{CONNECTIONS} connections, 4 KiB, one thread, {rounds} rounds of {SECONDS} s\n\n" + "\n".join(rows) +
        f"\n\n{share:.0%} of the bare 200's requests, p99 {tail:.1f} times its; with a load that must be woken "
        f"{ratio('per_second', asleep):.0%} and {ratio('p99', asleep):.1f} times; "
        f"a waiting slot takes {each / 1024:.1f} KiB of memory, {left / 1024:.2f} KiB after it was taken."
    )
