"""Runs programs and says what they cost: seconds on the wall, seconds of CPU, peak memory.

Units: seconds, bytes. CPU of a program comes from wait4(2), exact; of a server that goes on running from
/proc/PID/stat, in steps of a clock tick (10 ms): short jobs are therefore repeated inside a round.
Peak memory is VmHWM, sampled, as ru_maxrss of a child would include this interpreter's own.
"""

import os
import subprocess
import threading
import time
from dataclasses import dataclass, field

TICK = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.01


class Failed(Exception):
    """A program of a measurement did not do its work."""


@dataclass
class Cost:
    """What one job cost; `+` joins a job's steps."""

    wall: float = 0.0
    client_cpu: float = 0.0
    server_cpu: float = 0.0
    client_peak: int = 0
    server_growth: int = 0

    @property
    def cpu(self):
        """Client and server together."""
        return self.client_cpu + self.server_cpu

    def __add__(self, other):
        return Cost(
            self.wall + other.wall,
            self.client_cpu + other.client_cpu,
            self.server_cpu + other.server_cpu,
            max(self.client_peak, other.client_peak),
            max(self.server_growth, other.server_growth),
        )

    def divided(self, count):
        """The share of one of `count` equal jobs."""
        return Cost(
            self.wall / count,
            self.client_cpu / count,
            self.server_cpu / count,
            self.client_peak,
            self.server_growth,
        )


def status_bytes(pid, name):
    """A field of /proc/PID/status in bytes; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def cpu_seconds(pid):
    """CPU of a running process, all its threads, so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@dataclass
class Server:
    """A server under measurement, between `begin` and `end`."""

    pid: int
    cpu_before: float = 0.0
    memory_before: int = 0

    def begin(self):
        # 5 resets VmHWM to what is held now (proc(5)).
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="ascii") as refs:
            refs.write("5")
        self.memory_before = status_bytes(self.pid, "VmRSS")
        self.cpu_before = cpu_seconds(self.pid)

    def end(self):
        """CPU seconds used and bytes grown since `begin`."""
        grown = status_bytes(self.pid, "VmHWM") - self.memory_before
        return cpu_seconds(self.pid) - self.cpu_before, max(0, grown)


@dataclass
class Peaks:
    """Samples VmHWM of processes while they run."""

    pids: list
    highest: dict = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        while True:
            for pid in self.pids:
                peak = status_bytes(pid, "VmHWM")
                self.highest[pid] = max(peak, self.highest.get(pid, 0))
            if self.stopped.wait(SAMPLE_SECONDS):
                return

    def total(self):
        """The peaks added up: of a pipe, all programs hold memory at once."""
        return sum(self.highest.values())


def run(server, *pipe, env=None, timeout=900, cwd=None):
    """Runs the programs of a pipe to their end and returns (Cost, what the last one printed).

    `server` is the Server that does its part of the job, or None.
    """
    if server:
        server.begin()
    started = time.monotonic()
    processes = []
    before = None
    for place, arguments in enumerate(pipe):
        last = place == len(pipe) - 1
        process = subprocess.Popen(
            arguments,
            stdin=before.stdout if before else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if last else subprocess.DEVNULL,
            env=env,
            cwd=cwd,
        )
        if before:
            before.stdout.close()
        processes.append(process)
        before = process
    cost, output = _finish(processes, started, timeout)
    if server:
        cost.server_cpu, cost.server_growth = server.end()
    return cost, output


def _finish(processes, started, timeout):
    last = processes[-1]
    said = {}

    def read(name, stream):
        with stream:
            said[name] = stream.read()

    readers = [
        threading.Thread(target=read, args=(name, stream), daemon=True)
        for name, stream in (("out", last.stdout), ("err", last.stderr))
    ]
    killer = threading.Timer(timeout, lambda: [process.kill() for process in processes])
    killer.start()
    cpu = 0.0
    codes = []
    with Peaks([process.pid for process in processes]) as peaks:
        for reader in readers:
            reader.start()
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            codes.append(process.returncode)
            cpu += usage.ru_utime + usage.ru_stime
        wall = time.monotonic() - started
    killer.cancel()
    for reader in readers:
        reader.join()
    if any(codes):
        names = ", ".join(f"{process.args[0]}: {code}" for process, code in zip(processes, codes))
        raise Failed(f"{names}\n{said['out'].decode()}{said['err'].decode()}")
    return Cost(wall, client_cpu=cpu, client_peak=peaks.total()), said["out"]
