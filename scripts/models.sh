#!/usr/bin/env bash
# Runs Verifpal over docs/models and compares each result with the table in its README. A model without a line, a
# line without a model, and a model without a twin that fails are errors.
set -euo pipefail
cd "$(dirname "$0")/../docs/models"

version=1.6.7
cargo install --list | grep -q "^verifpal v$version:" ||
  # Its stated compiler is newer than what it needs.
  cargo install --locked --ignore-rust-version "verifpal@$version"

# shellcheck disable=SC2016 # the backquotes are the table's
expected=$(sed -n 's/^| `\([a-z_.]*\.vp\)` .* | \([ac01]*\) |$/\1 \2/p' README.md | sort)
found=$(for model in *.vp; do
  echo "$model $(verifpal verify --result-code "$model" | tail -n 1)"
done | sort)
diff <(echo "$expected") <(echo "$found") || {
  echo "models: < is expected by docs/models/README.md, > was found" >&2
  exit 1
}
for model in *.vp; do
  case $model in
    *.weak.vp) grep -q "^$model .*1" <<<"$found" || { echo "models: $model does not fail" >&2; exit 1; } ;;
    *) [ -f "${model%.vp}.weak.vp" ] || { echo "models: $model has no twin" >&2; exit 1; } ;;
  esac
done
echo "models: $(wc -l <<<"$found") as expected"
