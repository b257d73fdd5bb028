#!/usr/bin/env bash
# The steps of the web client: `scripts/web.sh install|check|test|bench|size|build|e2e|dev`.
set -euo pipefail
cd "$(dirname "$0")/../web"

case ${1:-} in
  install)
    # npm ci starts from nothing each time: only when the lock file is another than last time.
    stamp=node_modules/.lock-of-last-install
    lock=$(sha256sum <package-lock.json)
    [ "$(cat "$stamp" 2>/dev/null)" = "$lock" ] && exit 0
    npm ci --ignore-scripts --prefer-offline --no-audit --no-fund
    echo "$lock" >"$stamp"
    ;;
  check | test | bench | size | build | e2e | dev)
    npm run --silent "$1"
    ;;
  *)
    echo "usage: scripts/web.sh install|check|test|bench|size|build|e2e|dev" >&2
    exit 2
    ;;
esac
