# Sourced by .ci/run and .ci/nightly: steps, one after another or side by side, and what failed.

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
: >"$results/failed"

# step NAME COMMAND...: runs a command; its failure is recorded, and returned.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n=== %s: %s\n' "$name" "$*"
  if "$@"; then
    printf '=== %s: done in %s s\n' "$name" $((SECONDS - start))
  else
    printf '=== %s: FAILED after %s s\n' "$name" $((SECONDS - start))
    echo "$name" >>"$results/failed"
    return 1
  fi
}

# start NAME COMMAND...: the same in the background; `finish` waits for all of them and prints their output.
started=()
start() {
  started+=("$1")
  step "$@" >"$results/$1.log" 2>&1 &
}

finish() {
  wait
  local name
  for name in "${started[@]}"; do cat "$results/$name.log"; done
  started=()
}

has_failed() {
  grep -qx "$1" "$results/failed"
}

print_failed() {
  if [[ -s $results/failed ]]; then printf '\nFailed steps: %s\n' "$(paste -sd ' ' "$results/failed")"; fi
}

give_up() {
  print_failed
  printf '0 passed, 1 failed\n'
  exit 1
}
