#!/usr/bin/env bash
# Lints infra/ with tflint (all rules of its terraform preset, and Google's where GitHub can be asked for them) and checkov, the
# source and the plans that `npm run apply:examples` has left; brings both tools where they are missing, with Go and Python.
# `npm run check:terraform` has the format, validation and tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# renovate: datasource=go depName=github.com/terraform-linters/tflint
TFLINT=v0.64.0
# renovate: datasource=pypi depName=checkov
CHECKOV=3.3.30

bin="$(go env GOBIN)"
tflint="${bin:-$(go env GOPATH)/bin}/tflint"
if ! { [[ -x $tflint ]] && go version -m "$tflint" | grep -qP "^\tmod\t\S+\t\Q$TFLINT\E\b"; }; then
  echo "tflint $TFLINT: go install (two minutes)"
  CGO_ENABLED=0 go install -ldflags='-s -w' "github.com/terraform-linters/tflint@$TFLINT"
fi

venv="${XDG_CACHE_HOME:-$HOME/.cache}/registry-relay/checkov-$CHECKOV"
if [[ ! -x $venv/bin/checkov ]]; then
  echo "checkov $CHECKOV: pip install"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "checkov==$CHECKOV"
fi

config=$PWD/infra/.tflint-google.hcl
if ! "$tflint" --init --config="$config" >/dev/null; then
  echo "The rules of tflint for Google cannot be had here: without them."
  config=$PWD/infra/.tflint.hcl
fi

failed=0
while read -r folder; do
  "$tflint" --chdir="$folder" --config="$config" || failed=1
done < <(find infra -name '*.tf' -not -path '*/.terraform/*' -printf '%h\n' | sort -u)

check() {
  local findings
  # A busy machine parses slowly, and gives up on no file for that.
  findings=$(LOG_LEVEL=ERROR HCL_PARSE_TIMEOUT_SEC=300 "$venv/bin/checkov" "$@" --skip-download --quiet --compact) || failed=1
  echo "$findings"
  # A file that checkov cannot read counts as clean there.
  if [[ $findings == *'Parsing errors'* ]]; then failed=1; fi
}

check --directory infra
plans=(dist/terraform-plans/*.json)
if [[ -e ${plans[0]} ]]; then
  # What is skipped in the source, and why, holds for what is planned.
  check --file "${plans[@]}" --framework terraform_plan --repo-root-for-plan-enrichment infra/examples
else
  echo 'There are no plans to check: npm run apply:examples leaves some.'
fi
((failed == 0)) && echo 'infra/: no findings of tflint and checkov'
exit "$failed"
