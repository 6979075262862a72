# Kubeflow pipeline templates and objects of a bucket, and no images.
module "registry_relay" {
  source = "../../modules/vendor"

  project_id   = "vendor-release"
  region       = "us-central1"
  rules_file   = "${path.root}/rules.yaml"
  package_file = var.package_file

  # Templates are told of by the audit log, which is off unless somebody has
  # switched it on. Leave this out where it is on: it replaces what is set there.
  audit_logs = ["vendor-release"]

  # The bucket is another project's; no name of a bucket tells.
  bucket_projects = {
    vendor-models = "vendor-research"
  }
}

provider "google" {
  project = "vendor-release"
  region  = "us-central1"
}
