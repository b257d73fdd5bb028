#!/usr/bin/env bash
# Weighs the landing page as a phone would: Lighthouse, mobile, median of RUNS (5). Fails below 98 points or above 1.5 s to the
# largest paint. Needs target/release/depesche with its pages.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
program=$PWD/target/release/depesche
export DEPESCHE_HOME=$folder/home
mkfifo "$folder/said"
exec 3<>"$folder/said"
"$program" serve --demo --data "$folder/data" --listen 127.0.0.1:0 --json >&3 2>"$folder/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$folder"' EXIT

field() {
  node -p "JSON.parse(require('fs').readFileSync(0, 'utf8'))$1"
}

read -r line <&3
url=$(field .url <<<"$line")
DEPESCHE_PASSWORD="depesche demo password" "$program" login anna@example.test --server "$url" --json >"$folder/login"
head -c 3000000 /dev/urandom >"$folder/plan.bin"
"$program" send "$folder/plan.bin" --to bob@example.test --level 1 --no-mail --subject Unterlagen --json >"$folder/sent"
link=$(field '.links["bob@example.test"]' <"$folder/sent")

for run in $(seq "${RUNS:-5}"); do
  CHROME_PATH=/usr/bin/chromium npx --yes lighthouse@13.5.0 "$link" --quiet --output=json --output-path="$folder/report-$run.json" \
    --only-categories=performance,accessibility,best-practices --chrome-flags="--headless=new --no-sandbox --disable-gpu"
done

node -e '
  const fs = require("fs");
  const reports = process.argv.slice(1).map((path) => JSON.parse(fs.readFileSync(path, "utf8")));
  const middle = (of) => reports.map(of).sort((one, other) => one - other)[reports.length >> 1];
  const points = middle((report) => report.categories.performance.score * 100);
  const paint = middle((report) => report.audits["largest-contentful-paint"].numericValue);
  const [access, practice] = ["accessibility", "best-practices"].map((name) => middle((report) => report.categories[name].score * 100));
  const bytes = middle((report) => report.audits["total-byte-weight"].numericValue);
  console.log(`performance ${points}, largest paint ${(paint / 1000).toFixed(2)} s, ${(bytes / 1024).toFixed(0)} KiB; accessibility ${access}, best practices ${practice}`);
  process.exitCode = points >= 98 && paint <= 1500 ? 0 : 1;
' "$folder"/report-*.json
