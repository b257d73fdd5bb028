#!/usr/bin/env bash
# The long checks. MINUTES is the time per fuzz target.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/stages.sh

minutes=${MINUTES:-5}

# tool NAME VERSION: a cargo tool of exactly this version.
tool() {
  cargo install --list | grep -q "^$1 v$2:" || cargo install --locked "$1@$2"
}

fuzz() {
  # libFuzzer's instrumentation is an unstable flag of the compiler; the stable one is told to accept it.
  (cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz run --release "$1" -- -max_total_time=$((minutes * 60)) -timeout=10 -rss_limit_mb=1024)
}

scripts/install.sh build test deep
stage scripts shellcheck -x scripts/*.sh .ci/run
if [ -d fuzz ]; then
  stage tool-fuzz tool cargo-fuzz 0.13.2
  while read -r target; do
    stage "fuzz $target" fuzz "$target"
  done < <(cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz list)
fi
stage laws env DEPESCHE_STEPS=1000000 cargo test --release -p depesche-domain keyed
stage models scripts/models.sh
stage build scripts/build.sh
stage kills env DEPESCHE_KILLS=200 cargo test --release --locked --workspace --features depesche/web --test e2e -- kill_9
stage lighthouse scripts/lighthouse.sh
stage tool-mutants tool cargo-mutants 27.1.0
stage python scripts/python-venv.sh
stage mutants env DEPESCHE_VENV="$PWD/.venv-tools" cargo mutants --profile release -p depesche-seal -p depesche-domain --jobs 1
