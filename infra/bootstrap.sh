#!/usr/bin/env bash
# Creates what the first `terraform apply` needs and Terraform cannot create itself: the APIs that Terraform calls, a bucket for
# the state, an account to apply as, Google's service agents, and the topic "gcr". You can run it again at any time.
#
#   infra/bootstrap.sh PROJECT REGION [GITHUB_OWNER/REPOSITORY]
#
# With OWNER/REPOSITORY, workflows of that GitHub repository on the branch main may apply as that account.
set -Eeuo pipefail

if (($# < 2 || $# > 3)); then
  sed -n '5s/^# *//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
project=$1 region=$2 repository=${3:-}
if [[ -n $repository && ! $repository =~ ^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$ ]]; then
  echo "$repository is not a GitHub repository. Write OWNER/REPOSITORY, as in its address." >&2
  exit 2
fi
if [[ ! $project =~ ^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$ || ! $region =~ ^[a-z]+-[a-z]+[0-9]+$ ]]; then
  echo "\"$project $region\" is not a project ID and a region. Write, for example: infra/bootstrap.sh vendor-release us-central1" >&2
  exit 2
fi
if ! command -v gcloud >/dev/null; then
  echo "gcloud is not installed. Install it, or run this in Cloud Shell, which has it: https://shell.cloud.google.com" >&2
  exit 2
fi
bucket=gs://${project//[:.]/-}-terraform-state

# In addresses a domain-scoped project, example.com:vendor, is vendor.example.com.
domain=$project
if [[ $project == *:* ]]; then domain=${project#*:}.${project%%:*}; fi
deployer=registry-relay-deployer@$domain.iam.gserviceaccount.com

roles=(
  roles/viewer
  roles/serviceusage.serviceUsageAdmin
  roles/iam.serviceAccountAdmin
  roles/iam.serviceAccountUser
  roles/resourcemanager.projectIamAdmin
  roles/pubsub.admin
  roles/storage.admin
  roles/artifactregistry.admin
  roles/cloudfunctions.admin
  roles/run.admin
  roles/logging.configWriter
  roles/monitoring.editor
  roles/cloudscheduler.admin
)
services=(
  cloudresourcemanager serviceusage iam iamcredentials sts storage
  artifactregistry cloudfunctions pubsub run
)

checked=(
  accesscontextmanager cloudbilling cloudquotas orgpolicy
)

trap 'echo "Bootstrap failed; the message above has the cause. Fix it and run the script again: it keeps what exists. If Google does not find what was just created, run it again in a minute." >&2' ERR

run() {
  gcloud "$@" "--project=$project" --quiet
}

# Runs the second command unless the first finds what it would create.
ensure() {
  local found=$1
  shift
  # shellcheck disable=SC2086
  run $found >/dev/null 2>&1 || run "$@"
}

echo "Enabling APIs"
run services enable "${services[@]/%/.googleapis.com}"

# Only `relay doctor --before-deploy` asks these, and an organization may restrict them.
run services enable "${checked[@]/%/.googleapis.com}" 2>/dev/null ||
  echo "  not enabled, so \"relay doctor\" skips what they answer: ${checked[*]}"

echo "Creating the account to apply as: $deployer"
ensure "iam service-accounts describe $deployer" \
  iam service-accounts create registry-relay-deployer "--display-name=registry-relay: deployments"

echo "Creating Google's service agents"
number=$(gcloud projects describe "$project" '--format=value(projectNumber)')
if [[ ! $number =~ ^[0-9]+$ ]]; then
  echo "gcloud printed no number for the project $project, so the service agents' addresses are unknown. Check 'gcloud projects describe $project'." >&2
  exit 1
fi
# Service and domain of the address.
agents=(
  artifactregistry:gcp-sa-artifactregistry
  cloudfunctions:gcf-admin-robot
  pubsub:gcp-sa-pubsub
  run:serverless-robot-prod
)
grants=("${roles[@]/#/serviceAccount:$deployer }")
for agent in "${agents[@]}"; do
  service=${agent%:*}
  # For some services this prints no address.
  run beta services identity create "--service=$service.googleapis.com" >/dev/null
  # An agent that is created on request gets no role, and without its role the service does not work.
  grants+=("serviceAccount:service-$number@${agent#*:}.iam.gserviceaccount.com roles/$service.serviceAgent")
done
run storage service-agent >/dev/null

echo "Creating the bucket for the state: $bucket"
# Anyone may own a bucket of this name, and could then read and change the state. So it must belong to this project.
listed=$(run storage buckets list "--filter=name=${bucket#gs://}" "--format=value(name)")
if [[ $listed != "${bucket#gs://}" ]]; then
  run storage buckets create "$bucket" "--location=$region" --uniform-bucket-level-access --public-access-prevention
fi
run storage buckets update "$bucket" --versioning >/dev/null

echo "Creating the topic gcr, on which Artifact Registry publishes pushes"
ensure "pubsub topics describe gcr" pubsub topics create gcr

echo "Granting roles to the account and the agents"
for grant in "${grants[@]}"; do
  gcloud projects add-iam-policy-binding "$project" "--member=${grant% *}" "--role=${grant#* }" --condition=None --quiet >/dev/null
done

if [[ -n $repository ]]; then
  echo "Letting workflows of github.com/$repository on main apply"
  ensure "iam workload-identity-pools describe registry-relay --location=global" \
    iam workload-identity-pools create registry-relay --location=global "--display-name=registry-relay"
  oidc=(
    github --location=global --workload-identity-pool=registry-relay
    --issuer-uri=https://token.actions.githubusercontent.com
    "--attribute-mapping=google.subject=assertion.sub,attribute.repository=assertion.repository"
    "--attribute-condition=assertion.repository == '$repository' && assertion.ref == 'refs/heads/main'"
  )
  ensure "iam workload-identity-pools providers describe ${oidc[*]:0:3}" \
    iam workload-identity-pools providers create-oidc "${oidc[@]}"
  # An existing provider may admit another repository only.
  run iam workload-identity-pools providers update-oidc "${oidc[@]}" >/dev/null
  run iam service-accounts add-iam-policy-binding "$deployer" --role=roles/iam.workloadIdentityUser \
    "--member=principalSet://iam.googleapis.com/projects/$number/locations/global/workloadIdentityPools/registry-relay/attribute.repository/$repository" \
    >/dev/null
  echo "  workload_identity_provider: projects/$number/locations/global/workloadIdentityPools/registry-relay/providers/github"
  echo "  service_account: $deployer"
fi

cat <<END

Write infra/backend.tf:

  terraform {
    backend "gcs" {
      bucket = "${bucket#gs://}"
      prefix = "registry-relay"
    }
  }

To apply as that account yourself, grant yourself the right to act as it, and set deployer in infra/terraform.tfvars:

  gcloud iam service-accounts add-iam-policy-binding $deployer --project=$project \\
    --role=roles/iam.serviceAccountTokenCreator --member=user:\$(gcloud config get account)
END
