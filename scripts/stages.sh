# shellcheck shell=bash
# Sourced by the scripts beside it: named stages, their seconds, and a summary at the end.
# `stage` ends the run when it fails; `verdict` lets the others still speak, and the run fails at the end.
stage_names=()
stage_notes=()
stage_running=""
stage_log=$(mktemp)
stage_failures=$(mktemp)

# What a reader wants of a failed stage's output: the names of tests, what stood on their pages, and compilers' and
# linters' errors.
stage_why() {
  sed 's/\x1b\[[0-9;]*m//g' "$stage_log" |
    grep -aE '^ *(FAIL|×) |^test .* FAILED|^error|^Diff in|panicked at|Error: |last seen at ' | awk '!seen[$0]++' | head -16 | cut -c1-700
}

stage_run() {
  local name=$1 start=$SECONDS code=0
  shift
  stage_running=$name
  printf '\n== %s\n' "$name"
  ("$@") 2>&1 | tee "$stage_log" || code=$?
  stage_names+=("$name")
  if [ "$code" -eq 0 ]; then
    stage_notes+=("$((SECONDS - start)) s")
  else
    stage_notes+=("FAILED")
    { printf '%s:\n' "$name"; stage_why; } >>"$stage_failures"
  fi
  stage_running=""
  return "$code"
}

stage() {
  stage_run "$@" || exit 1
}

verdict() {
  stage_run "$@" || true
}

stage_summary() {
  local code=$? i
  printf '\n== summary\n'
  for i in "${!stage_names[@]}"; do
    printf '%-14s %8s\n' "${stage_names[$i]}" "${stage_notes[$i]}"
  done
  [ -z "$stage_running" ] || printf '%-14s %8s\n' "$stage_running" "STOPPED"
  printf '%-14s %8s\n' "in all" "$SECONDS s"
  if [ -s "$stage_failures" ]; then
    printf '\n== failed\n'
    cat "$stage_failures"
    code=1
  fi
  rm -f "$stage_log" "$stage_failures"
  exit "$code"
}
trap stage_summary EXIT
