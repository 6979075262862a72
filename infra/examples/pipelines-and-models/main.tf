# Kubeflow pipeline templates and objects of a bucket, and no images.
module "registry_relay" {
  source = "../../modules/vendor"

  project_id   = "vendor-release"
  region       = "us-central1"
  rules_file   = "${path.root}/rules.yaml"
  package_file = var.package_file

  # The audit log reports uploads of templates; it is off unless someone has
  # switched it on. Leave this out where it is on: it replaces what is set there.
  audit_logs = ["vendor-release"]

  # The bucket is in another project, which its name does not show.
  bucket_projects = {
    vendor-models = "vendor-research"
  }
}

provider "google" {
  project = "vendor-release"
  region  = "us-central1"
}
