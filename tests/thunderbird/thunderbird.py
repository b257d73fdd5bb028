"""Debian's Thunderbird without a screen, with a script of ours inside (Mozilla's AutoConfig); no protocol steers it from outside.

By hand: `thunderbird.py SCRIPT PROFILE`; the script reads the environment and ends Thunderbird.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path("/usr/lib/thunderbird")
# Where Thunderbird is told of the script; it looks for it beside its program.
TOLD = """\
pref("general.config.filename", "script.cfg");
pref("general.config.obscure_value", 0);
pref("general.config.sandbox_enabled", false);
"""


def install(app, script):
    """A Thunderbird of its own: the program copied, all else linked."""
    (app / "defaults" / "pref").mkdir(parents=True)
    for entry in PROGRAM.iterdir():
        if entry.name == "thunderbird-bin":
            shutil.copy(entry, app)
        elif entry.name != "defaults":
            (app / entry.name).symlink_to(entry)
    (app / "defaults" / "pref" / "script.js").write_text(TOLD)
    shutil.copy(script, app / "script.cfg")
    return app / "thunderbird-bin"


def run(script, profile, longest=120, **environment):
    """Starts it on the profile, and waits until the script ends it."""
    with tempfile.TemporaryDirectory() as folder:
        program = install(Path(folder) / "app", script)
        words = [program, "--headless", "--no-remote", "--profile", profile]
        subprocess.run(
            words,
            env={**os.environ, "HOME": folder, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=longest,
            check=True,
        )


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
