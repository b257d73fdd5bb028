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

# What the compiler made is replaced by whoever makes it again, never changed: one file may stand in many clones.
# What cargo and build scripts noted is changed where it stands: each clone has its own.
take() { # FROM TO
  mkdir -p "$2"
  cp -al "$1/deps" "$2/" 2>/dev/null || cp -a --reflink=auto "$1/deps" "$2/"
  cp -a --reflink=auto "$1/.fingerprint" "$1/build" "$2/"
}

# Cargo's names (16 hexadecimal digits) of every third-party unit that this lock file's build and lints use.
units() {
  for what in build clippy; do
    cargo "$what" --release --locked --workspace --all-targets --features depesche/web --message-format=json 2>/dev/null
  done | grep '"package_id":"registry+' | grep -oE '"[^"]*/(deps|build)/[^"]*"' | grep -oE -e '-[0-9a-f]{16}\b' | sort -u
}

case ${1:-} in
  restore)
    [ ! -e "$target/.fingerprint" ] || exit 0
    # Another lock file's crates are still of use: cargo takes what fits and builds the rest.
    [ -d "$kept" ] || kept=$(find "$home" -maxdepth 1 -type d -name 'crates-*' -printf '%T@ %p\n' |
      sort -rn | head -n 1 | cut -d' ' -f2-)
    [ -n "$kept" ] && [ -d "$kept" ] || exit 0
    take "$kept" "$target"
    echo "cache: compiled crates from $(basename "$kept")"
    ;;
  save)
    [ -d "$target/.fingerprint" ] || exit 0
    if [ -d "$kept" ]; then
      touch "$kept"
      exit 0
    fi
    # Only what is of use: an old target folder has several compilations of each crate.
    used=$(mktemp -d "$target/used-XXXXXX")
    new=$(mktemp -d "$home/new-XXXXXX")
    trap 'rm -rf "$new" "$used"' EXIT
    units >"$used/units" || exit 0
    for part in .fingerprint build deps; do
      mkdir "$used/$part"
      find "$target/$part" -mindepth 1 -maxdepth 1 ! -name '*depesche*' | grep -F -f "$used/units" |
        xargs -r -d '\n' cp -al -t "$used/$part"
    done
    take "$used" "$new"
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
