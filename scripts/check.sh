#!/usr/bin/env bash
# What needs no running server: formatting, lints, the rules of the house.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/stages.sh

scripts/install.sh build
scripts/cache.sh restore
stage format cargo fmt --all --check
stage lint cargo clippy --release --locked --workspace --all-targets -- -D warnings
stage house cargo test --release --locked --workspace --test house house::
if [ -f web/package.json ]; then
  stage web-install scripts/web.sh install
  stage web-check scripts/web.sh check
fi
