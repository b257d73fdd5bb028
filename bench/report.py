"""From costs to tables in docs/performance.md.

Ratios are taken inside a round, to the first peer of that round; then the median over the rounds.
"""

import re
from statistics import median

MIB = 1024 * 1024


def size_of(text):
    """`100M` -> bytes. Binary units."""
    match = re.fullmatch(r"(\d+)\s*([KMG]?)(?:iB)?", text)
    if not match:
        raise ValueError(f"not a size: {text} (like 1M, 100M, 4G)")
    return int(match[1]) * 1024 ** " KMG".index(match[2] or " ")


def spoken_size(size):
    """Bytes -> `100 MiB`."""
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} B"


def spoken_seconds(seconds):
    """Three digits that matter."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s"


def ratios(rounds, peer, base, value):
    """The median over the rounds of peer / base, or None if base is 0 somewhere."""
    pairs = [(value(one[peer]), value(one[base])) for one in rounds]
    if any(below == 0 for _, below in pairs):
        return None
    return median(above / below for above, below in pairs)


def spoken_ratio(ratio):
    """A ratio for a cell."""
    return "-" if ratio is None else f"{ratio:.2f}"


def transfer_table(rounds, names, plaintext):
    """`rounds`: one dict per round, peer -> (Cost of send, Cost of fetch, bytes held)."""
    rows = [
        "| | wall | ratio | (send) | (fetch) | CPU | ratio | client peak | server growth | held / plaintext |",
        "|-|-|-|-|-|-|-|-|-|-|",
    ]
    base = names[0]

    def of(peer, value):
        return median(value(one[peer]) for one in rounds)

    def wall(job):
        return job[0].wall + job[1].wall

    def cpu(job):
        return job[0].cpu + job[1].cpu

    for peer in names:
        cells = [
            peer,
            spoken_seconds(of(peer, wall)),
            spoken_ratio(ratios(rounds, peer, base, wall)),
            spoken_seconds(of(peer, lambda job: job[0].wall)),
            spoken_seconds(of(peer, lambda job: job[1].wall)),
            spoken_seconds(of(peer, cpu)),
            spoken_ratio(ratios(rounds, peer, base, cpu)),
            f"{of(peer, lambda job: (job[0] + job[1]).client_peak) / MIB:.1f} MiB",
            f"{of(peer, lambda job: (job[0] + job[1]).server_growth) / MIB:.1f} MiB",
            f"{of(peer, lambda job: job[2]) / plaintext:.4f}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def put(page, name, text):
    """The page with `text` between the markers of `name`."""
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        raise ValueError(f"the page has no place for {name}: {begin} … {end}")
    head, rest = page.split(begin)
    tail = rest.split(end)[1]
    return f"{head}{begin}\n{text.strip()}\n{end}{tail}"
