#!/usr/bin/env bash
# The demo server, and in front of it the web client's own server, which rebuilds as you type.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh
target/release/depesche serve --demo &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null' EXIT
if [ -f web/package.json ]; then
  scripts/web.sh dev
else
  wait "$server"
fi
