#!/usr/bin/env bash
# Installs what a target needs and is not there yet: `scripts/install.sh build|test|bench|deep …`.
# Quick when all is there; asks for root rights only when a Debian package is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
node_needed=20

# need PROBE PACKAGE…: PROBE is a command on the PATH or an absolute path (a pattern is allowed).
missing=()
need() {
  local probe=$1
  shift
  case $probe in
    /*) compgen -G "$probe" >/dev/null || missing+=("$@") ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$probe" >/dev/null || missing+=("$@") ;;
  esac
}

# at_least HAVE WANT
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

toolchain() {
  command -v cargo >/dev/null || {
    echo "install: Rust $rust_needed or newer is needed: https://www.rust-lang.org/tools/install" >&2
    exit 1
  }
  local have
  have=$(rustc --version | cut -d' ' -f2)
  at_least "$have" "$rust_needed" || {
    echo "install: rustc $have is too old, $rust_needed or newer is needed: run 'rustup update stable'" >&2
    exit 1
  }
  [ ! -f web/package.json ] && return
  have=$(node --version 2>/dev/null | tr -d v || true)
  { [ -n "$have" ] && at_least "$have" "$node_needed"; } || {
    echo "install: Node $node_needed or newer is needed for the web client (found: ${have:-none})" >&2
    exit 1
  }
}

for target in "$@"; do
  case $target in
    build)
      toolchain
      need cc gcc libc6-dev
      ;;
    test)
      need "/usr/lib/postgresql/*/bin/postgres" postgresql
      need python3 python3
      need "/usr/lib/python3*/ensurepip/__init__.py" python3-venv
      need curl curl
      need gcore gdb
      need strace strace
      need chromium chromium
      need thunderbird thunderbird
      need qpdf qpdf
      need pdftotext poppler-utils
      need mutool mupdf-tools
      ;;
    bench)
      need nginx nginx-light
      need age age
      need curl curl
      need python3 python3
      ;;
    deep)
      need shellcheck shellcheck
      ;;
    *)
      echo "install: no such target: $target (build, test, bench, deep)" >&2
      exit 2
      ;;
  esac
done

[ ${#missing[@]} -eq 0 ] && exit 0
command -v apt-get >/dev/null || {
  echo "install: please install: ${missing[*]} (names of Debian's packages)" >&2
  exit 1
}
root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install: run as root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  root=(sudo)
fi
echo "install: ${missing[*]}"
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq)
"${root[@]}" "${apt[@]}" update
"${root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
