#!/usr/bin/env bash
# Makes .venv-tools/, the Python with other people's programs that tests of crates/seal and crates/pdfkey compare with.
# Quick when nothing changed; several at once wait for one another.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=scripts/python-requirements.txt
venv=.venv-tools
# The path is part of it: a virtual environment does not survive being moved.
state=$({ pwd; python3 --version; cat "$wanted"; } | sha256sum | cut -d' ' -f1)

exec 9>.venv-tools.lock
flock 9
[ "$(cat "$venv/.state" 2>/dev/null)" = "$state" ] && exit 0
rm -rf "$venv"
python3 -m venv "$venv" || {
  echo "python-venv: Debian has this in the package python3-venv; run scripts/install.sh test" >&2
  exit 1
}
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$wanted"
echo "$state" >"$venv/.state"
