"""Levels 3 and 4 beside level 1: one server, one sender, one recipient, the same file in turn.

Opening the keyring costs the same for a small file and a large one. So each level sends and fetches both, and what is
compared is what the large one costs more.
"""

import json
import os
import tempfile
from pathlib import Path
from statistics import median

from measure import Failed, run
from peers import Depesche

LEVELS = (1, 3, 4)
SMALL = 1 << 10
SEALPASS = "kiefer tasse mond regal wolke"


class Leveled(Depesche):
    """Two people with a SealPass, whose words were compared."""

    reader = "you@example.test"

    def __init__(self, program, folder):
        super().__init__(program, folder)
        self.keyed = {**self.env, "DEPESCHE_SEALPASS": SEALPASS}
        self.other = {**self.keyed, "DEPESCHE_HOME": str(folder / "reader")}
        self._call("admin", "user", "add", self.reader, "--data", self.data)
        self._as(self.other, "login", self.reader, "--server", self.url)
        self._as(self.keyed, "sealpass", "setup")
        words = self._as(self.other, "sealpass", "setup")["words"]
        first = self._as(self.keyed, "send", "--to", self.reader, "--level", "4", "--message", "first", "--no-mail")
        self._as(self.keyed, "release", first["id"], "--words", words)

    def _as(self, env, *arguments):
        _, out = run(None, [self.program, *arguments, "--json"], env=env)
        return json.loads(out)

    def once(self, level, source, scratch):
        """(Cost of sending, Cost of fetching)."""
        out = Path(tempfile.mkdtemp(prefix="level-", dir=scratch))
        env = self.env if level == 1 else self.keyed
        arguments = ["send", source, "--to", self.reader, "--level", str(level), "--no-mail", "--json"]
        sent, said = run(self.server, [self.program, *arguments], env=env)
        parcel = json.loads(said)
        if level == 1:
            (what,) = parcel["links"].values()
            env = {name: value for name, value in self.other.items() if name != "DEPESCHE_SEALPASS"}
        else:
            what, env = parcel["id"], self.other
        fetched, _ = run(self.server, [self.program, "fetch", what, "--out", out, "--json"], env=env)
        if (out / source.name).stat().st_size != source.stat().st_size:
            raise Failed(f"level {level}: fetch gave another file")
        (out / source.name).unlink()
        self._as(self.env, "withdraw", parcel["id"])
        return sent, fetched


def more(rounds, level, what):
    """What the large file costs more than the small one, in each round."""
    return [what(one[level, "large"]) - what(one[level, "small"]) for one in rounds]


def levels(program, scratch, large, rounds):
    """The table; `large` is the file."""
    small = scratch / "small.bin"
    small.write_bytes(os.urandom(SMALL))
    server = Leveled(program, scratch / "leveled")
    results = []
    try:
        for level in LEVELS:
            server.once(level, large, scratch)
        for number in range(rounds):
            turn = number % len(LEVELS)
            result = {}
            for level in LEVELS[turn:] + LEVELS[:turn]:
                for name, source in (("small", small), ("large", large)):
                    # What others left unwritten is not this job's to wait for.
                    os.sync()
                    sent, fetched = server.once(level, source, scratch)
                    result[level, name] = sent + fetched
            results.append(result)
            print(f"  round {number + 1} of {rounds}", flush=True)
    finally:
        server.stop()
    wall, cpu = (lambda cost: cost.wall), (lambda cost: cost.cpu)
    rows = ["| level | wall | ratio | CPU | ratio | keyring: wall | CPU |", "|-|-|-|-|-|-|-|"]
    for level in LEVELS:
        own = [more(results, level, what) for what in (wall, cpu)]
        first = [more(results, LEVELS[0], what) for what in (wall, cpu)]
        ratio = [median(a / b for a, b in zip(mine, theirs)) for mine, theirs in zip(own, first)]
        extra = [median(what(one[level, "small"]) - what(one[LEVELS[0], "small"]) for one in results) for what in (wall, cpu)]
        rows.append(
            f"| {level} | {median(own[0]):.2f} s | {ratio[0]:.3f} | {median(own[1]):.2f} s | {ratio[1]:.3f} | "
            f"{extra[0]:.2f} s | {extra[1]:.2f} s |")
    return f"{rounds} rounds\n\n" + "\n".join(rows)
