#!/usr/bin/env bash
# Asks a real Artifact Registry what the copy of pipeline templates takes for granted (test/on-google/README.md, part 1), with
# a scratch repository that it makes and deletes:  PROJECT=my-project REGION=us-central1 scripts/verify-templates-on-google.sh
# Against the embedded one instead:  TEMPLATES=http://127.0.0.1:5003 scripts/verify-templates-on-google.sh
# Needs curl, jq, sha256sum; for Google gcloud, logged in with roles/artifactregistry.admin.
set -euo pipefail
# shellcheck source=scripts/verify-needs.sh
. "${BASH_SOURCE[0]%/*}/verify-needs.sh"
verify_needs curl jq sha256sum awk

REGION=${REGION:-us-central1}
work=$(mktemp -d)
created=

clean_up() {
  rm -rf "$work"
  [[ -z $created ]] || gcloud artifacts repositories delete "$created" --location="$REGION" --project="$PROJECT" --quiet
}
trap clean_up EXIT

if [[ -n ${TEMPLATES:-} ]]; then
  PROJECT=verify repository=templates host=$TEMPLATES origin=$TEMPLATES
  token=()
else
  : "${PROJECT:?Set PROJECT (and REGION), or TEMPLATES.}"
  repository=relay-verify-$(date +%s)
  gcloud artifacts repositories create "$repository" --location="$REGION" --project="$PROJECT" \
    --repository-format=kfp --quiet
  created=$repository
  host=https://$REGION-kfp.pkg.dev origin=https://artifactregistry.googleapis.com
  token=(--header "Authorization: Bearer $(gcloud auth print-access-token)")
fi
content=$host/$PROJECT/$repository
package=projects/$PROJECT/locations/$REGION/repositories/$repository/packages/relay-verify
api=$origin/v1/$package

# call METHOD URL [curl options]: leaves the status in $status, headers and body in files.
call() {
  local method=$1 url=$2
  shift 2
  status=$(curl --silent --show-error --output "$work/body" --dump-header "$work/headers" --write-out '%{http_code}' \
    --request "$method" "${token[@]}" "$@" "$url")
}

# tell NUMBER QUESTION EXPECTED ANSWER
tell() {
  local mark=differs
  [[ $4 =~ $3 ]] && mark=expected
  printf '%-3s %-62s %-9s %s\n' "$1" "$2" "$mark" "$4"
}

digest() { printf 'sha256:%s' "$(sha256sum "$1" | cut -d' ' -f1)"; }
body() { head -c 300 "$work/body" | tr -d '\n'; }

# pipeline SEED: a compiled pipeline, on standard output.
pipeline() {
  cat <<YAML
# $1
components:
  comp-say: {executorLabel: exec-say}
deploymentSpec:
  executors:
    exec-say:
      container: {args: ['$1'], command: [echo], image: 'busybox:1.37'}
pipelineInfo: {name: relay-verify}
root:
  dag:
    tasks:
      say: {cachingOptions: {}, componentRef: {name: comp-say}, taskInfo: {name: say}}
schemaVersion: 2.1.0
sdkVersion: kfp-2.17.3
YAML
}

upload() {
  local file=$1
  shift
  call POST "$content" --form "content=@$file" "$@"
}

# tag METHOD PATH FILE: sets a tag to the version of FILE.
tag() {
  call "$1" "$api/$2" --header 'Content-Type: application/json' \
    --data "{\"name\":\"\",\"version\":\"$package/versions/$(digest "$3")\"}"
}

held() {
  call GET "$api/tags/$1"
  jq -r '.version // ""' "$work/body" | sed 's,.*/,,'
}

for seed in one two three; do pipeline "$seed" >"$work/$seed"; done
printf '%-3s %-62s %-9s %s\n' '' question '' answer

call GET "$api/tags/v1"
tell 20 'a tag of a package that is not there' '^404' "$status $(body)"
upload "$work/one" --form tags=v1,latest
tell 21 'an upload is answered PACKAGE/sha256 of the very bytes' \
  "^200 relay-verify/$(digest "$work/one")\$" "$status $(body)"
tell 21b 'and has set its tags' "^$(digest "$work/one")\$" "$(held latest)"
upload "$work/one"
tell 22 'the same bytes again' "^200 relay-verify/$(digest "$work/one")\$" "$status $(body)"
upload "$work/two" --form tags=latest
tell 23 'an upload moves a tag that exists' "^$(digest "$work/two")\$" "$(held latest)"

call GET "$content/relay-verify/$(digest "$work/one")"
location=$(tr -d '\r' <"$work/headers" | awk -F': ' 'tolower($1) == "location" { print $2 }')
tell 24 'a download by version, here or at another host' '^(200|30[1278])' "$status $location"
call GET "$content/relay-verify/$(digest "$work/one")" --location
tell 24b 'gives the very bytes' "^$(digest "$work/one")\$" "$(digest "$work/body")"

call GET "$api/versions/$(digest "$work/two")"
tell 25 'a version that is there' '^200' "$status"
call GET "$api/versions/$(digest "$work/three")"
tell 25b 'and one that is not' '^404' "$status $(body)"
tag POST 'tags?tagId=v1' "$work/two"
tell 26 'making a tag that exists' '^409' "$status $(body)"
tag PATCH 'tags/none?updateMask=version' "$work/two"
tell 27 'moving a tag that does not exist' '^404' "$status $(body)"
tag POST 'tags?tagId=v3' "$work/three"
tell 28 'a tag for a version that is not there' '^4' "$status $(body)"
tag PATCH 'tags/latest?updateMask=version' "$work/one"
tell 29 'moving a tag by the API' "^$(digest "$work/one")\$" "$(held latest)"
