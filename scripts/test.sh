#!/usr/bin/env bash
# Every test. A missing part is installed or fails the run; nothing is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/stages.sh

cargo_test() {
  local code=0 log
  log=$(mktemp)
  cargo test --release --locked --workspace --features depesche/web --no-fail-fast 2>&1 | tee "$log" || code=$?
  awk '/^test result:/ { passed += $4; failed += $6 }
    END { printf "\nrust: %d passed, %d failed\n", passed, failed }' "$log"
  rm -f "$log"
  return "$code"
}

# A full disk shows itself as a hundred odd failures.
room() {
  local free
  free=$(df -Pk . "${TMPDIR:-/tmp}" | awk 'NR > 1 { print int($4 / 1048576) }' | sort -n | head -n 1)
  echo "$free GiB of disk are free"
  [ "$free" -ge 8 ] || echo "that may be too little: a build takes 4, its tests up to 4 more" >&2
}

stage room room
stage install scripts/install.sh build test
stage python scripts/python-venv.sh
stage cache scripts/cache.sh restore
verdict format cargo fmt --all --check
stage web-install scripts/web.sh install
verdict web-check scripts/web.sh check
verdict web-test scripts/web.sh test
verdict web-size scripts/web.sh size
verdict lint cargo clippy --release --locked --workspace --all-targets --features depesche/web -- -D warnings
verdict bench-test python3 -m unittest discover -q -s bench -p 'test_*.py'
stage build cargo build --release --locked --workspace --all-targets --features depesche/web
# What the build left unwritten would let every durable write of the tests wait.
stage sync sync
verdict web-e2e scripts/web.sh e2e
verdict test cargo_test
stage keep scripts/cache.sh save
