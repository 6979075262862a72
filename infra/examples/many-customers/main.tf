# Hundreds of customers: more copies at once, alerts that reach a person, and
# credentials for the registries that are not Google's.
module "registry_relay" {
  source = "../../modules/vendor"

  project_id   = "vendor-release"
  region       = "us-central1"
  rules_file   = "${path.root}/rules.yaml"
  package_file = var.package_file

  copy_artifact = {
    # Raise the project's Cloud Run quota in the region first: docs/scaling.md.
    max_instances = 150
    # A release wakes up warm instances.
    min_instances = 2
  }

  docker_config = {
    #checkov:skip=CKV_SECRET_6:The name of a secret, and not what is in it.
    secret  = "registry-relay-docker-config"
    version = "1"
  }

  # Customers verify their receipts with its public key.
  signing = {
    key = "projects/vendor-keys/locations/global/keyRings/release/cryptoKeys/receipts"
  }

  notification_channels = [
    "projects/vendor-release/notificationChannels/1234567890",
  ]

  labels = {
    team = "release-engineering"
  }
}

provider "google" {
  project = "vendor-release"
  region  = "us-central1"
}
