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

# What the gateway is tested between; none of it is to run as a service here.
mail_servers() {
  need /usr/lib/postfix/sbin/master postfix
  need doveconf dovecot-core
  need /usr/lib/dovecot/imap dovecot-imapd
  need /usr/lib/dovecot/lmtp dovecot-lmtpd
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
      need openssl openssl
      mail_servers
      need /usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf fonts-noto-core
      need /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc fonts-noto-cjk
      need /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf fonts-noto-color-emoji
      ;;
    bench)
      need nginx nginx-light
      need age age
      need qpdf qpdf
      need "/usr/lib/*/libpangoft2-1.0.so.0" libpangoft2-1.0-0
      need "/usr/lib/*/libharfbuzz-subset.so.0" libharfbuzz-subset0
      mail_servers
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
# Debian asks this file before it starts a service (policy-rc.d); one that is there is left alone.
policy=/usr/sbin/policy-rc.d
if [[ " ${missing[*]} " == *" postfix "* || " ${missing[*]} " == *" dovecot-core "* ]]; then
  echo 'postfix postfix/main_mailer_type select No configuration' | "${root[@]}" debconf-set-selections
  if [ ! -e "$policy" ]; then
    trap '"${root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
  fi
fi
"${root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
