# One source, one customer, nothing else to decide.
module "registry_relay" {
  source = "../../modules/vendor"

  project_id   = "vendor-release"
  region       = "us-central1"
  rules_file   = "${path.root}/rules.yaml"
  package_file = var.package_file
}

provider "google" {
  project = "vendor-release"
  region  = "us-central1"
}
