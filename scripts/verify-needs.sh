# Sourced by the other verify scripts: what they need that not every machine has. Runs on any bash.
# shellcheck shell=bash
verify_needs() {
  local missing='' tool
  # "${array[@]}" of an empty array is an error before.
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then missing=" bash 4.4 (this is $BASH_VERSION)"; fi
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
  done
  [[ -z $missing ]] && return
  echo "Missing:$missing. Install what is missing, or run this in Cloud Shell, which has all of it: https://shell.cloud.google.com" >&2
  exit 2
}
