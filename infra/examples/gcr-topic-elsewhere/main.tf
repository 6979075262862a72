# The images are in two other projects, and so are the gcr topics that tell of
# them. The functions and all subscriptions are in this one; the deployer
# needs pubsub.topics.attachSubscription there (output attach_grants). Where a
# topic is missing, its project's owner makes it: docs/deploy-options.md has the command.
module "registry_relay" {
  source = "../../modules/vendor"

  project_id   = "vendor-release"
  region       = "us-central1"
  rules_file   = "${path.root}/rules.yaml"
  package_file = var.package_file

  # Its owners grant reader themselves (output source_grants).
  foreign_sources = ["us-central1-docker.pkg.dev/vendor-builds/releases"]
}

provider "google" {
  project = "vendor-release"
  region  = "us-central1"
}
