#!/usr/bin/env bash
# Asks a real Artifact Registry what only it can answer (docs/verify-on-google.md, part 1), with two scratch repositories that
# it makes and deletes:  PROJECT=my-project REGION=us-central1 OTHER_REGION=europe-west1 scripts/verify-on-google.sh
# Against any registry instead:  REGISTRY=http://127.0.0.1:5000 scripts/verify-on-google.sh
# Needs curl, jq, sha256sum; for Google gcloud, logged in with roles/artifactregistry.admin.
set -euo pipefail

REGION=${REGION:-us-central1}
OTHER_REGION=${OTHER_REGION:-europe-west1}
work=$(mktemp -d)
created=()

clean_up() {
  rm -rf "$work"
  local repository
  for repository in "${created[@]}"; do
    gcloud artifacts repositories delete "${repository#*/}" --location="${repository%/*}" --project="$PROJECT" --quiet
  done
}
trap clean_up EXIT

create_repository() {
  local location=$1 name=$2
  shift 2
  gcloud artifacts repositories create "$name" --location="$location" --project="$PROJECT" \
    --repository-format=docker --quiet "$@"
  created+=("$location/$name")
}

# What follows after "origin/v2/": the vendor's repository, one beside it, one far away, one with immutable tags.
if [[ -n ${REGISTRY:-} ]]; then
  near=$REGISTRY far=$REGISTRY
  source=verify/source other=verify/other distant=verify/distant immutable=verify/immutable
  token=()
else
  : "${PROJECT:?Set PROJECT (and REGION, OTHER_REGION), or REGISTRY.}"
  stamp=relay-verify-$(date +%s)
  create_repository "$REGION" "$stamp"
  create_repository "$REGION" "$stamp-other"
  create_repository "$OTHER_REGION" "$stamp"
  create_repository "$REGION" "$stamp-immutable" --immutable-tags
  near=https://$REGION-docker.pkg.dev far=https://$OTHER_REGION-docker.pkg.dev
  source=$PROJECT/$stamp/image other=$PROJECT/$stamp-other/image
  distant=$PROJECT/$stamp/image immutable=$PROJECT/$stamp-immutable/image
  token=(--header "Authorization: Bearer $(gcloud auth print-access-token)")
fi

# call METHOD URL [curl options]: leaves the status in $status, headers and body in files.
call() {
  local method=$1 url=$2
  shift 2
  local verb=(--request "$method")
  [[ $method == HEAD ]] && verb=(--head)
  status=$(curl --silent --show-error --output "$work/body" --dump-header "$work/headers" --write-out '%{http_code}' \
    "${verb[@]}" "${token[@]}" "$@" "$url")
}

header() { tr -d '\r' <"$work/headers" | awk -F': ' -v name="$1" 'tolower($1) == name { print $2 }' | tail -1; }
codes() { jq -r '[.errors[]? | .code + ": " + (.message // "")] | join("; ")' "$work/body" 2>/dev/null || true; }

# tell NUMBER QUESTION EXPECTED ANSWER
tell() {
  local mark=differs
  [[ $4 =~ $3 ]] && mark=expected
  printf '%-3s %-62s %-9s %s\n' "$1" "$2" "$mark" "$4"
}

digest() { printf 'sha256:%s' "$(sha256sum "$1" | cut -d' ' -f1)"; }

# absolute BASE LOCATION
absolute() { if [[ $2 == http* ]]; then printf '%s' "$2"; else printf '%s%s' "$1" "$2"; fi; }

upload() {
  local origin=$1 repository=$2 file=$3 location
  call POST "$origin/v2/$repository/blobs/uploads/" --header 'Content-Length: 0'
  location=$(absolute "$origin" "$(header location)")
  local separator='?'
  [[ $location == *\?* ]] && separator='&'
  call PUT "$location${separator}digest=$(digest "$file")" --header 'Content-Type: application/octet-stream' \
    --data-binary "@$file"
}

put_manifest() {
  local origin=$1 repository=$2 reference=$3 file=$4
  shift 4
  call PUT "$origin/v2/$repository/manifests/$reference" \
    --header "Content-Type: $(jq -r .mediaType "$file")" --data-binary "@$file" "$@"
}

# manifest CONFIG LAYER [SUBJECT]: an image manifest, on standard output.
manifest() {
  jq --null-input --compact-output \
    --arg config "$(digest "$1")" --argjson configSize "$(stat -c %s "$1")" \
    --arg layer "$(digest "$2")" --argjson layerSize "$(stat -c %s "$2")" \
    --argjson subject "${3:-null}" '{
      schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $configSize},
      layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $layerSize}]
    } + if $subject then {subject: $subject} else {} end'
}

echo '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}' >"$work/config"
head -c 100000 /dev/urandom >"$work/layer"
head -c 100000 /dev/urandom >"$work/second"
manifest "$work/config" "$work/layer" >"$work/manifest"
manifest "$work/config" "$work/second" >"$work/moved"
upload "$near" "$source" "$work/config"
upload "$near" "$source" "$work/second"

printf '%-3s %-62s %-9s %s\n' '' question '' answer
call POST "$near/v2/$source/blobs/uploads/?digest=$(digest "$work/layer")" \
  --header 'Content-Type: application/octet-stream' --data-binary "@$work/layer"
tell 1 'POST ?digest= with the bytes: stored at once (201)?' '^201' "$status"
upload "$near" "$source" "$work/layer"

call POST "$near/v2/$source/blobs/uploads/?mount=$(digest "$work/layer")&from=$source" --header 'Content-Length: 0'
tell 2 'mount from itself' '^20[12]' "$status"

call POST "$near/v2/$other/blobs/uploads/?mount=$(digest "$work/layer")&from=$source" --header 'Content-Length: 0'
tell 2b 'mount from another repository, same host' '^201' "$status"

call POST "$far/v2/$distant/blobs/uploads/?mount=$(digest "$work/layer")&from=$source&origin=${near#*//}" \
  --header 'Content-Length: 0'
tell 3 'mount from another region with origin=' '^201' "$status"

put_manifest "$near" "$immutable" v0 "$work/manifest"
tell 4 'manifest whose blobs are missing: every digest, or the first?' '^4' \
  "$status $(codes) ($(jq -c '[.errors[]?.detail]' "$work/body" 2>/dev/null | head -c 200))"

put_manifest "$near" "$source" v1 "$work/manifest"
tell 5a 'manifest with a tag' '^201' "$status, OCI-Subject: $(header oci-subject)"
put_manifest "$near" "$source-beside" v1 "$work/manifest"
tell 5 'the same under another image name, without mounts' '^(201|4)' "$status $(codes)"

call GET "$near/v2/$source/blobs/$(digest "$work/layer")" --location --header 'Range: bytes=500-1499'
tell 6 'a range of a blob, behind its redirect' '^206' "$status, $(wc -c <"$work/body") bytes"

subject=$(jq --compact-output --null-input --arg digest "$(digest "$work/manifest")" \
  --argjson size "$(stat -c %s "$work/manifest")" \
  '{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $digest, size: $size}')
manifest "$work/config" "$work/layer" "$subject" >"$work/referrer"
put_manifest "$near" "$source" "$(digest "$work/referrer")" "$work/referrer"
tell 7a 'a manifest with a subject: OCI-Subject comes back' "201, $(digest "$work/manifest")" "$status, $(header oci-subject)"
call GET "$near/v2/$source/referrers/$(digest "$work/manifest")?n=1"
tell 7 'the referrers API lists it' '^200, 1' "$status, $(jq '.manifests | length' "$work/body" 2>/dev/null)"

for file in config layer second; do upload "$near" "$immutable" "$work/$file"; done
put_manifest "$near" "$immutable" v1 "$work/manifest"
put_manifest "$near" "$immutable" v1 "$work/manifest"
tell 8a 'immutable tags: the same digest again' '^20[01]' "$status $(codes)"
put_manifest "$near" "$immutable" v1 "$work/moved"
tell 8 'immutable tags: another digest; status and exact text' '^4' "$status $(codes)"

index='{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}'
missing=$(jq --compact-output '.digest = "sha256:" + ("0" * 64)' <<<"$subject")
# shellcheck disable=SC2059
printf "$index" "$missing" >"$work/sparse"
# shellcheck disable=SC2059
printf "$index" '' >"$work/empty"
put_manifest "$near" "$source" sparse "$work/sparse"
tell 9 'an index with a child that is missing' '^4' "$status $(codes)"
put_manifest "$near" "$source" empty "$work/empty"
tell 9b 'an empty index' '^201' "$status $(codes)"

put_manifest "$near" "$source" "$(digest "$work/moved")?tag=a&tag=b" "$work/moved"
call HEAD "$near/v2/$source/manifests/b"
tell 11 '?tag= parameters of a manifest PUT are heeded' '^200' "$status"

put_manifest "$near" "$source" v1 "$work/moved" --header 'If-Match: "sha256:0000"'
tell 12 'If-Match on a manifest PUT is heeded (412)' '^412' "$status"

curl --silent --output /dev/null --write-out '%{http_version}' "${token[@]}" "$near/v2/" >"$work/version"
tell 13 'HTTP version that curl gets' '^(2|1.1)' "$(cat "$work/version")"
