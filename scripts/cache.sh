#!/usr/bin/env bash
# Keeps compiled third-party crates for the next fresh clone: `scripts/cache.sh restore|save`.
# Never required, and never holds anything of this project (docs/decisions/0002-build-cache.md).
# One folder per Cargo.lock, compiler and profile; the two newest stay.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}/release
home=${DEPESCHE_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/depesche}
[ "$home" != /.cache/depesche ] && mkdir -p "$home" 2>/dev/null && [ -w "$home" ] || exit 0
key=$( (rustc -vV; echo "${RUSTFLAGS:-}"; sed -n '/^\[profile/,$p' Cargo.toml; cat Cargo.lock) |
  sha256sum | cut -c1-24)
kept=$home/crates-$key

case ${1:-} in
  restore)
    [ ! -e "$target/.fingerprint" ] || exit 0
    # Another lock file's crates are still of use: cargo takes what fits and builds the rest.
    [ -d "$kept" ] || kept=$(find "$home" -maxdepth 1 -type d -name 'crates-*' -printf '%T@ %p\n' |
      sort -rn | head -n 1 | cut -d' ' -f2-)
    [ -n "$kept" ] && [ -d "$kept" ] || exit 0
    mkdir -p "$target"
    cp -a --reflink=auto "$kept/." "$target/"
    echo "cache: compiled crates from $(basename "$kept")"
    ;;
  save)
    [ -d "$target/.fingerprint" ] || exit 0
    if [ -d "$kept" ]; then
      touch "$kept"
      exit 0
    fi
    new=$(mktemp -d "$home/new-XXXXXX")
    trap 'rm -rf "$new"' EXIT
    mkdir "$new/.fingerprint" "$new/build" "$new/deps"
    for part in .fingerprint build; do
      find "$target/$part" -mindepth 1 -maxdepth 1 ! -name 'depesche*' -print0 |
        xargs -0r cp -a --reflink=auto -t "$new/$part"
    done
    # Of a third-party crate only libraries are made; a program in deps/ is a test of ours.
    find "$target/deps" -maxdepth 1 -type f -name 'lib*-*' ! -name 'libdepesche*' -print0 |
      xargs -0r cp -a --reflink=auto -t "$new/deps"
    find "$target/deps" -maxdepth 1 -type f -name '*.d' ! -name '*depesche*' -print0 |
      xargs -0r cp -a --reflink=auto -t "$new/deps"
    mv -T "$new" "$kept" 2>/dev/null || exit 0
    chmod 755 "$kept"
    touch "$kept"
    find "$home" -maxdepth 1 -type d -name 'crates-*' -printf '%T@ %p\n' | sort -rn | tail -n +3 |
      cut -d' ' -f2- | xargs -r -d '\n' rm -rf
    ;;
  *)
    echo "usage: scripts/cache.sh restore|save" >&2
    exit 2
    ;;
esac
