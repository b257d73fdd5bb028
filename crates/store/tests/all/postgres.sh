#!/bin/sh
# A PostgreSQL of the tests' own: postgres.sh BIN FOLDER. Says "ready", and is stopped and removed
# when its input ends, however the tests end.
set -u
bin=$1 folder=$2
log=$folder/log

fail() {
  cat "$log"
  rm -rf "$folder"
  exit 1
}

# A linguistic order of texts on purpose: nothing may rely on the order of bytes.
"$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 -N \
  --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US >"$log" 2>&1 || fail
"$bin/pg_ctl" -s -w -t 120 -D "$folder/data" -l "$log" \
  -o "-k $folder -c listen_addresses= -c fsync=off -c max_connections=200 -c shared_buffers=32MB" \
  start >>"$log" 2>&1 || fail
echo ready
cat >/dev/null
"$bin/pg_ctl" -s -D "$folder/data" -m immediate stop >>"$log" 2>&1
rm -rf "$folder"
