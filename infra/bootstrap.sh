#!/usr/bin/env bash
# What must be there before the first `terraform apply`, and what Terraform cannot make for itself: the APIs by which everything
# is looked up, a bucket for the state, an account to apply as, Google's agents, and the topic "gcr". Run it as often as you like.
#
#   infra/bootstrap.sh PROJECT REGION [GITHUB_OWNER/REPOSITORY]
#
# With a repository, its workflows may apply from the branch main as that account, by workload identity federation.
set -Eeuo pipefail

if (($# < 2 || $# > 3)); then
  sed -n '5s/^# *//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
project=$1 region=$2 repository=${3:-}
if [[ -n $repository && ! $repository =~ ^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$ ]]; then
  echo "$repository is no repository on GitHub: write OWNER/REPOSITORY, as its address has it." >&2
  exit 2
fi
if [[ ! $project =~ ^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$ || ! $region =~ ^[a-z]+-[a-z]+[0-9]+$ ]]; then
  echo "\"$project $region\" is not a project ID and a region. Write, for example: infra/bootstrap.sh vendor-release us-central1" >&2
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

trap 'echo "This did not end well. What was made a moment ago may not be known everywhere yet: run it again in a minute; what is there stays." >&2' ERR

run() {
  gcloud "$@" "--project=$project" --quiet
}

# Prints nothing where the first command finds what the second would make.
ensure() {
  local found=$1
  shift
  # shellcheck disable=SC2086
  run $found >/dev/null 2>&1 || run "$@"
}

echo "APIs"
run services enable "${services[@]/%/.googleapis.com}"

# Only `relay doctor --before-deploy` asks these, and an organization may restrict them.
run services enable "${checked[@]/%/.googleapis.com}" 2>/dev/null ||
  echo "  not enabled, so that doctor skips what they answer: ${checked[*]}"

echo "Account to apply as: $deployer"
ensure "iam service-accounts describe $deployer" \
  iam service-accounts create registry-relay-deployer "--display-name=registry-relay: deployments"

echo "Google's service agents, for a key of yours and for grants of the first apply"
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

echo "State: $bucket"
# Anyone may have taken the name, and could then read and change the state: only a bucket of this project will do.
listed=$(run storage buckets list "--filter=name=${bucket#gs://}" "--format=value(name)")
if [[ $listed != "${bucket#gs://}" ]]; then
  run storage buckets create "$bucket" "--location=$region" --uniform-bucket-level-access --public-access-prevention
fi
run storage buckets update "$bucket" --versioning >/dev/null

echo "Topic gcr, on which Artifact Registry publishes pushes"
ensure "pubsub topics describe gcr" pubsub topics create gcr

echo "What the account and the agents may do"
for grant in "${grants[@]}"; do
  gcloud projects add-iam-policy-binding "$project" "--member=${grant% *}" "--role=${grant#* }" --condition=None --quiet >/dev/null
done

if [[ -n $repository ]]; then
  echo "Workflows of github.com/$repository on main"
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
  # The one that was there may admit another repository, and none but that.
  run iam workload-identity-pools providers update-oidc "${oidc[@]}" >/dev/null
  run iam service-accounts add-iam-policy-binding "$deployer" --role=roles/iam.workloadIdentityUser \
    "--member=principalSet://iam.googleapis.com/projects/$number/locations/global/workloadIdentityPools/registry-relay/attribute.repository/$repository" \
    >/dev/null
  echo "  workload_identity_provider: projects/$number/locations/global/workloadIdentityPools/registry-relay/providers/github"
  echo "  service_account: $deployer"
fi

cat <<END

Now write infra/backend.tf:

  terraform {
    backend "gcs" {
      bucket = "${bucket#gs://}"
      prefix = "registry-relay"
    }
  }

To apply as that account by hand, let yourself act as it, and set deployer in infra/terraform.tfvars:

  gcloud iam service-accounts add-iam-policy-binding $deployer --project=$project \\
    --role=roles/iam.serviceAccountTokenCreator --member=user:\$(gcloud config get account)
END
