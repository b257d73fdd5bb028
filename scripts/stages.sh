# shellcheck shell=bash
# Sourced by the scripts beside it: named stages, their seconds, and a summary at the end.
# A stage that fails ends the run.
stage_names=()
stage_notes=()
stage_running=""

stage() {
  local name=$1 start=$SECONDS
  shift
  stage_running=$name
  printf '\n== %s\n' "$name"
  "$@"
  stage_names+=("$name")
  stage_notes+=("$((SECONDS - start)) s")
  stage_running=""
}

stage_summary() {
  local code=$? i
  printf '\n== summary\n'
  for i in "${!stage_names[@]}"; do
    printf '%-14s %8s\n' "${stage_names[$i]}" "${stage_notes[$i]}"
  done
  [ -z "$stage_running" ] || printf '%-14s %8s\n' "$stage_running" "FAILED"
  printf '%-14s %8s\n' "in all" "$SECONDS s"
  return "$code"
}
trap stage_summary EXIT
