#!/bin/sh
# Asks a real Artifact Registry what only it can answer (test/on-google/README.md, part 1), in scratch repositories that it creates
# and deletes. Writes registry-report.md, and ends with 1 at the first answer that differs from the embedded registry's.
#
#   PROJECT=my-project REGION=us-central1 OTHER_REGION=europe-west1 scripts/verify-on-google.sh [--all]
#
#   LARGE=1               also a layer of 1 GiB; with ACCOUNT its token expires meanwhile
#   ACCOUNT=EMAIL         a service account that reads and writes in PROJECT, and that you may act as (tokenCreator): also a job on
#                         Cloud Run with a token of the metadata server, and by impersonation (ACCOUNT needs tokenCreator on itself)
#   MESSAGES=1            also the messages on the topic gcr, through a subscription that is deleted afterwards
#   REMOTE=1 GCR_IO=1     also a remote and a virtual repository; a repository behind gcr.io, unless PROJECT has one
#   DENIED=P/R/IMAGE      also a repository that you may not read
#   BURST=70000           also reads until the quota of a minute is used up: other work in PROJECT gets 429 meanwhile
#
# Needs Node 20 or newer, and gcloud, logged in with roles/artifactregistry.admin. Any POSIX shell.
# Against any other registry: REGISTRY=http://127.0.0.1:5000 node scripts/verify-registry.mjs
set -eu
cd "$(dirname "$0")/.."

need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "$1 is not installed. Install it, or run this in Cloud Shell, which has it: https://shell.cloud.google.com" >&2
  exit 2
}
need node
if [ -n "${REGISTRY:-}" ]; then exec node scripts/verify-registry.mjs ${1+"$@"}; fi
need gcloud
: "${PROJECT:?Set PROJECT (and REGION, OTHER_REGION), or REGISTRY.}"
REGION=${REGION:-us-central1}
OTHER_REGION=${OTHER_REGION:-europe-west1}
stamp=relay-verify-$(date +%s)
host=$REGION-docker.pkg.dev

# One command a line: undone in reverse, whatever happened in between.
undo=$(mktemp)
clean_up() {
  sort -rn "$undo" | sed 's/^[0-9]* //' | while read -r line; do
    sh -c "$line" </dev/null >/dev/null 2>&1 || echo "Not undone; run it again: $line" >&2
  done
  rm -f "$undo"
}
trap clean_up EXIT
step=0
later() {
  step=$((step + 1))
  echo "$step $*" >>"$undo"
}

create_repository() {
  location=$1 name=$2
  shift 2
  gcloud artifacts repositories create "$name" "--location=$location" "--project=$PROJECT" --repository-format=docker --quiet "$@"
  later gcloud artifacts repositories delete "$name" "--location=$location" "--project=$PROJECT" --quiet
}

create_repository "$REGION" "$stamp"
create_repository "$REGION" "$stamp-other"
create_repository "$OTHER_REGION" "$stamp"
create_repository "$REGION" "$stamp-immutable" --immutable-tags

TOKEN=$(gcloud auth print-access-token)
export PROJECT TOKEN
export REGISTRY=https://$host DISTANT_REGISTRY=https://$OTHER_REGION-docker.pkg.dev
export SOURCE=$PROJECT/$stamp/image OTHER=$PROJECT/$stamp-other/image
export DISTANT=$PROJECT/$stamp/image IMMUTABLE=$PROJECT/$stamp-immutable/image

if [ -n "${REMOTE:-}" ]; then
  create_repository "$REGION" "$stamp-remote" --mode=remote-repository --remote-docker-repo=DOCKER-HUB
  policies=$(mktemp)
  echo "[{\"id\":\"source\",\"repository\":\"projects/$PROJECT/locations/$REGION/repositories/$stamp\",\"priority\":1}]" >"$policies"
  later rm -f "$policies"
  create_repository "$REGION" "$stamp-virtual" --mode=virtual-repository "--upstream-policy-file=$policies"
  export REMOTE=$PROJECT/$stamp-remote/library/busybox VIRTUAL=$PROJECT/$stamp-virtual/image
fi

if [ -n "${GCR_IO:-}" ]; then
  if gcloud artifacts repositories describe us.gcr.io --location=us "--project=$PROJECT" >/dev/null 2>&1; then
    echo "$PROJECT has a repository us.gcr.io: it is used, and the image relay-verify is deleted again" >&2
    later gcloud artifacts docker images delete "us-docker.pkg.dev/$PROJECT/us.gcr.io/relay-verify" --delete-tags --quiet
  else
    create_repository us us.gcr.io
  fi
  export GCR=us.gcr.io/$PROJECT/relay-verify
fi

if [ -n "${MESSAGES:-}" ]; then
  gcloud pubsub subscriptions create "$stamp" --topic=gcr "--project=$PROJECT" --quiet
  later gcloud pubsub subscriptions delete "$stamp" "--project=$PROJECT" --quiet
  export SUBSCRIPTION=projects/$PROJECT/subscriptions/$stamp
fi

if [ -n "${ACCOUNT:-}" ]; then
  # A manifest for the job to read.
  SOURCE=$PROJECT/$stamp/job node scripts/verify-registry.mjs --only=1,5a --report=/dev/null
  code=$(node -p 'require("node:fs").readFileSync("scripts/verify-metadata.mjs").toString("base64")')
  later gcloud run jobs delete "$stamp" "--region=$REGION" "--project=$PROJECT" --quiet
  gcloud run jobs create "$stamp" "--region=$REGION" "--project=$PROJECT" "--service-account=$ACCOUNT" --max-retries=0 --quiet \
    --image=docker.io/library/node:24-slim --command=node \
    "--args=^@^--eval@import('data:text/javascript;base64,'+process.env.CODE)" \
    "--set-env-vars=MANIFEST=https://$host/v2/$PROJECT/$stamp/job/manifests/v1,ACCOUNT=$ACCOUNT,CODE=$code"
  gcloud run jobs execute "$stamp" "--region=$REGION" "--project=$PROJECT" --wait --quiet
  # What a job prints reaches the log within a minute.
  METADATA='{"error":"the job logged no answer"}'
  for _ in 1 2 3 4 5 6; do
    printed=$(gcloud logging read "resource.type=\"cloud_run_job\" resource.labels.job_name=\"$stamp\" jsonPayload.own:*" \
      "--project=$PROJECT" --freshness=30m --limit=1 --format='json(jsonPayload)')
    case $printed in
    *own*)
      METADATA=$(printf '%s' "$printed" | node -p 'JSON.stringify(JSON.parse(require("node:fs").readFileSync(0, "utf8"))[0].jsonPayload)')
      break
      ;;
    esac
    sleep 10
  done
  export METADATA
fi

# Last, as it expires.
if [ -n "${LARGE:-}" ]; then
  export LARGE_BYTES=1073741824
  if [ -n "${ACCOUNT:-}" ]; then
    export SHORT_TOKEN_SECONDS=300
    SHORT_TOKEN=$(gcloud auth print-access-token "--impersonate-service-account=$ACCOUNT" "--lifetime=$SHORT_TOKEN_SECONDS")
    export SHORT_TOKEN
  fi
fi

node scripts/verify-registry.mjs ${1+"$@"}
