#!/usr/bin/env bash
# Asks the real Cloud Storage what the copy of objects takes for granted (test/on-google/README.md, part 1), with two scratch
# buckets that it makes and deletes:  PROJECT=my-project REGION=us-central1 OTHER_REGION=europe-west1 scripts/verify-objects-on-google.sh
# Against an emulator instead:  STORAGE=http://127.0.0.1:4443 scripts/verify-objects-on-google.sh
# Needs curl, jq; for Google gcloud, logged in with roles/storage.admin.
set -euo pipefail
# shellcheck source=scripts/verify-needs.sh
. "${BASH_SOURCE[0]%/*}/verify-needs.sh"
verify_needs curl jq awk

work=$(mktemp -d)
source=relay-verify-source-$(date +%s) target=relay-verify-target-$(date +%s)
created=()

clean_up() {
  rm -rf "$work"
  for bucket in "${created[@]}"; do
    gcloud storage rm --recursive "gs://$bucket" --project="$PROJECT" --quiet
  done
}
trap clean_up EXIT

if [[ -n ${STORAGE:-} ]]; then
  origin=$STORAGE token=()
  for bucket in "$source" "$target"; do
    curl --silent --output /dev/null --data "{\"name\":\"$bucket\"}" "$origin/storage/v1/b?project=p"
  done
else
  : "${PROJECT:?Set PROJECT, REGION and OTHER_REGION, or STORAGE.}" "${REGION:?}" "${OTHER_REGION:?}"
  origin=https://storage.googleapis.com
  gcloud storage buckets create "gs://$source" --location="$REGION" --project="$PROJECT" --quiet
  created+=("$source")
  gcloud storage buckets create "gs://$target" --location="$OTHER_REGION" --project="$PROJECT" --quiet
  created+=("$target")
  token=(--header "Authorization: Bearer $(gcloud auth print-access-token)")
fi
api=$origin/storage/v1/b

# call METHOD URL [curl options]: leaves the status in $status and the body in a file.
call() {
  local method=$1 url=$2
  shift 2
  status=$(curl --silent --show-error --output "$work/body" --write-out '%{http_code}' \
    --request "$method" "${token[@]}" --header 'Content-Type: application/json' "$@" "$url")
}

# tell NUMBER QUESTION EXPECTED ANSWER
tell() {
  local mark=differs
  [[ $4 =~ $3 ]] && mark=expected
  printf '%-3s %-66s %-9s %s\n' "$1" "$2" "$mark" "$4"
}

field() { jq -r "$1 // \"\"" "$work/body"; }
body() { head -c 300 "$work/body" | tr -d '\n'; }

# upload NAME: leaves the generation in $generation.
upload() {
  call POST "$origin/upload/storage/v1/b/$source/o?uploadType=media&name=$1" --data-binary "@$work/content"
  generation=$(field .generation)
}

# rewrite QUERY BODY
rewrite() {
  call POST "$api/$source/o/object/rewriteTo/b/$target/o/object?$1" --data "$2"
}

grows() { (($2 > $1)) && echo grows || echo "$1 then $2"; }

head -c 3145728 /dev/urandom >"$work/content"
described='{"contentType":"x/y","cacheControl":"no-store","metadata":{"a":"1"}}'
printf '%-3s %-66s %-9s %s\n' '' question '' answer

upload object
first=$generation
upload object
tell 40 'a replaced object has a higher generation' '^grows$' "$(grows "$first" "$generation")"
call DELETE "$api/$source/o/object"
first=$generation
upload object
tell 41 'one that was deleted and is there again, too' '^grows$' "$(grows "$first" "$generation")"
checksum=$(field .crc32c)

rewrite 'ifSourceGenerationMatch=1&ifGenerationMatch=0' "$described"
tell 42 'a rewrite of a generation that is no longer live' '^412' "$status $(body)"
part="ifSourceGenerationMatch=$generation&ifGenerationMatch=0&maxBytesRewrittenPerCall=1048576"
rewrite "$part" "$described"
rewrite_token=$(field .rewriteToken)
tell 43 'one that takes several calls gives a token of at most 7,200 bytes' '^200 false ([1-9][0-9]{0,2}|[1-6][0-9]{3})$' \
  "$status $(jq -r .done "$work/body") ${#rewrite_token}"
call GET "$api/$target/o/object"
tell 44 'nothing is to be seen before the last call' '^404' "$status"
encoded=$(jq -rn --arg token "$rewrite_token" '$token | @uri')
for again in 1 2; do rewrite "$part&rewriteToken=$encoded" "$described"; done
tell 45 'a call that was answered may be sent again' '^200' "$status $(field .totalBytesRewritten)"
rewrite "$part&rewriteToken=$encoded" '{"contentType":"other/type"}'
tell 46 'a token with another description' '^4(00|10)' "$status $(body)"
rewrite "$part&rewriteToken=nonsense" "$described"
tell 47 'an unknown token' '^4(00|10)' "$status $(body)"

query="$part"
for _ in 1 2 3 4 5; do
  rewrite "$query" "$described"
  [[ $(field .rewriteToken) == '' ]] && break
  query="$part&rewriteToken=$(jq -r '.rewriteToken | @uri' "$work/body")"
done
tell 48 'the last call gives the object, with the same CRC32C' "^200 ${checksum//+/\\+}\$" "$status $(field .resource.crc32c)"
tell 49 'and with the description that was sent' '^x/y no-store \{"a":"1"\}$' \
  "$(jq -r '.resource | "\(.contentType) \(.cacheControl) \(.metadata | tojson)"' "$work/body")"
rewrite "ifSourceGenerationMatch=$generation&ifGenerationMatch=0" "$described"
tell 50 'the same again, which finds the target changed' '^412' "$status $(body)"
