#!/usr/bin/env bash
# The web client, then the program: target/release/depesche.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh build
scripts/cache.sh restore
scripts/web.sh install
scripts/web.sh build
cargo build --release --locked --workspace --features depesche/web
