"""`make bench`: Depesche beside curl + nginx + sync and beside age, round by round, on this machine.

Everything stays on the loopback interface and below one folder, which is removed at the end. Results go
into docs/performance.md, between the markers.
"""

import argparse
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from growth import growth  # noqa: E402
from handoff import handoff  # noqa: E402
from levels import levels  # noqa: E402
from mail import mail  # noqa: E402
from measure import Cost, Failed, run  # noqa: E402
from pages import pages  # noqa: E402
from peers import Age, Depesche, Nginx, Plain, one_job  # noqa: E402
from report import put, size_of, spoken_size, transfer_table  # noqa: E402

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "performance.md"
SMALL_FILE = 10_000
FOLDERS = (2_000, 10_000)
PARTS = ("files", "folders", "start", "levels", "handoff", "growth", "mail", "pages", "web")


def random_file(path, size):
    """Bytes that do not compress, on disk."""
    with open(path, "wb", buffering=0) as out:
        left = size
        while left > 0:
            block = os.urandom(min(left, 1 << 22))
            out.write(block)
            left -= len(block)
        os.fsync(out.fileno())
    return path


def folder_of_small_files(path, count):
    """`count` files of 10 KB in folders of a hundred."""
    for index in range(count):
        inside = path / f"{index // 100:03}"
        inside.mkdir(parents=True, exist_ok=True)
        (inside / f"{index % 100:02}.bin").write_bytes(os.urandom(SMALL_FILE))
    return path


def measured_rounds(peers, source, scratch, rounds, repeat):
    """One dict per round: peer's name -> (send, fetch, held), of one job on average."""
    for peer in peers:
        one_job(peer, source, scratch, compare=True)  # warm up, and look at the bytes
    results = []
    for number in range(rounds):
        turn = number % len(peers)
        result = {}
        for peer in peers[turn:] + peers[:turn]:
            sent, fetched, held = Cost(), Cost(), 0
            for _ in range(repeat):
                one_sent, one_fetched, held = one_job(peer, source, scratch, compare=False)
                sent, fetched = sent + one_sent, fetched + one_fetched
            result[peer.name] = (sent.divided(repeat), fetched.divided(repeat), held)
        results.append(result)
        print(f"  round {number + 1} of {rounds}", flush=True)
    return results


def files(peers, scratch, sizes, rounds):
    """One file of each size."""
    tables = []
    for size in sizes:
        print(f"{spoken_size(size)}", flush=True)
        source = random_file(scratch / "file.bin", size)
        # Server CPU is counted in steps of 10 ms: what is short is done several times.
        repeat = max(1, min(20, (100 << 20) // size))
        results = measured_rounds(peers, source, scratch, rounds, repeat)
        source.unlink()
        table = transfer_table(results, [peer.name for peer in peers], size)
        tables.append(f"**{spoken_size(size)}**, {rounds} rounds of {repeat}\n\n{table}")
    return "\n\n".join(tables)


def seconds_per_new_file(scratch):
    """What the file system takes for an empty file, right now."""
    place = scratch / "probe"
    place.mkdir()
    started = time.monotonic()
    for index in range(1000):
        (place / str(index)).touch()
    return (time.monotonic() - started) / 1000


def folders(peers, scratch, rounds):
    """Many small files."""
    tables = []
    if seconds_per_new_file(scratch) > 0.0002:
        tables.append("*(The file system was slow at making files: many were deleted just before. ext4 goes "
                      "around freed inodes for five minutes; these figures say little.)*")
    for count in FOLDERS:
        print(f"{count} files", flush=True)
        source = folder_of_small_files(scratch / f"folder-{count}", count)
        results = measured_rounds(peers, source, scratch, rounds, 1)
        table = transfer_table(results, [peer.name for peer in peers], count * SMALL_FILE)
        tables.append(f"**{count:,} files of 10 KB**, {rounds} rounds\n\n{table}")
    return "\n\n".join(tables)


def start(program, depesche):
    """What it costs to do nothing."""
    rows = ["| | CPU of `--version`, median of 50 |", "|-|-|"]
    for name in (program, "age", "curl"):
        cpu = median(run(None, [name, "--version"])[0].cpu for _ in range(50))
        rows.append(f"| {Path(name).name} | {cpu * 1000:.1f} ms |")
    memory = [f"idle server, just started: {depesche.idle['VmRSS'] / 2**20:.1f} MiB resident "
              f"({depesche.idle['RssAnon'] / 2**20:.1f} MiB its own, the rest is the program's file)",
              f"after all runs above: {depesche.memory('VmRSS') / 2**20:.1f} MiB"]
    return "\n".join(rows) + "\n\n" + "; ".join(memory) + "."


def web(top):
    """What the web client's own bench says, in real Chromium against target/release/depesche."""
    done = subprocess.run(["npm", "run", "--silent", "bench"], cwd=top / "web", capture_output=True, text=True, check=False,
                          env={**os.environ, "NO_COLOR": "1"})
    rows = re.findall(r"^bench: (.+)$", done.stdout, re.MULTILINE)
    if not rows:
        raise Failed(f"npm run bench:\n{done.stdout}\n{done.stderr}")
    missed = re.findall(r"^ +× (.+?) +\d+ms$", done.stdout, re.MULTILINE)
    table = "\n".join(["| | |", "|-|-|", *(f"| {row} |" for row in rows)])
    return f"{table}\n\nMissed: {'; '.join(missed)}." if missed else table


def environment(rounds):
    """What it was measured on."""
    def first_line(*command):
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        return (out.stdout + out.stderr).splitlines()[0]

    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "?")
    nginx = first_line("/usr/sbin/nginx", "-v").rpartition("/")[2]
    curl = first_line("curl", "--version").split()[1]
    kernel = ".".join(platform.release().split(".")[:2])
    filesystem = first_line("findmnt", "-no", "FSTYPE", "-T", str(TOP))
    return (
        f"{date.today()}: {os.cpu_count()} cores ({model}), Linux {kernel}, {filesystem}; "
        f"load at the start {os.getloadavg()[0]:.1f}; nginx {nginx}, curl {curl}, "
        f"age {first_line('age', '--version')}; medians of {rounds} rounds, ratios inside the round."
    )


def room_for(sizes, folder):
    """Source, stored and fetched, and a little."""
    need = 3 * max(sizes) + (1 << 30)
    free = shutil.disk_usage(folder).free
    if free < need:
        raise Failed(f"{spoken_size(need)} of free disk are needed, {spoken_size(free)} are there: "
                     "use smaller SIZES")


def main():
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1M 100M 1G 4G", help="of single files")
    parser.add_argument("--rounds", type=int, default=3, help="at least 3 for a result")
    parser.add_argument("--only", default=" ".join(PARTS), help=f"of: {' '.join(PARTS)}")
    parser.add_argument("--program", type=Path, default=TOP / "target/release/depesche")
    parser.add_argument("--baselines", action="store_true", help="without depesche; prints, writes nothing")
    options = parser.parse_args()
    sizes = [size_of(text) for text in options.sizes.replace(",", " ").split()]
    parts = options.only.replace(",", " ").split()
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")

    (TOP / "target").mkdir(exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="bench-", dir=TOP / "target"))
    running = []
    results = {}
    try:
        room_for(sizes, scratch)
        results["environment"] = environment(options.rounds)
        nginx = Nginx(scratch / "nginx")
        running.append(nginx)
        peers = [Plain(nginx, scratch / "plain"), Age(nginx, scratch / "age")]
        if not options.baselines:
            depesche = Depesche(options.program, scratch / "depesche")
            running.append(depesche)
            peers.append(depesche)
        if "files" in parts:
            results["files"] = files(peers, scratch, sizes, options.rounds)
        if "folders" in parts:
            results["folders"] = folders(peers, scratch, options.rounds)
        if "start" in parts and not options.baselines:
            results["start"] = start(options.program, depesche)
        if "levels" in parts and not options.baselines:
            size = min(max(sizes), 1 << 30)
            print(f"levels, {spoken_size(size)}", flush=True)
            source = random_file(scratch / "levels.bin", size)
            table = levels(options.program, scratch, source, options.rounds)
            results["levels"] = f"**{spoken_size(size)}**, {table}"
            source.unlink()
        if "handoff" in parts and not options.baselines:
            load = TOP / "target/release/examples/handoff_load"
            subprocess.run(["cargo", "build", "--release", "--locked", "-q", "--workspace", "--features", "depesche/web", "--example",
                            "handoff_load"], cwd=TOP, check=True)
            results["handoff"] = handoff(options.program, load, scratch, options.rounds)
        if "growth" in parts and not options.baselines:
            results["growth"] = growth(options.program, scratch, options.rounds)
        if "web" in parts and not options.baselines:
            results["web"] = web(TOP)
        if "mail" in parts and not options.baselines:
            results["mail"] = mail(options.program, scratch, options.rounds)
        if "pages" in parts and not options.baselines:
            results["pages"] = pages(options.rounds)
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    finally:
        for server in reversed(running):
            server.stop()
        shutil.rmtree(scratch, ignore_errors=True)

    print("\n\n".join(results.values()))
    if options.baselines:
        return
    page = PAGE.read_text()
    for name, text in results.items():
        page = put(page, name, text)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
