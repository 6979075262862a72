# The vendor's project is in a perimeter, and so are the customers'. customer/
# is what acme applies on its side. docs/perimeters.md has the DNS and the rest.
module "registry_relay" {
  source = "../../modules/vendor"

  project_id   = "vendor-release"
  region       = "us-central1"
  rules_file   = "${path.root}/rules.yaml"
  package_file = var.package_file

  vpc = {
    network    = "projects/vendor-release/global/networks/release"
    subnetwork = "projects/vendor-release/regions/us-central1/subnetworks/functions"
  }

  perimeter = {
    name = "accessPolicies/123456/servicePerimeters/vendor"
    # Look at the violations that dry-run logs before "enforced".
    mode      = "both"
    deployers = ["serviceAccount:terraform@vendor-ci.iam.gserviceaccount.com"]
    project_numbers = {
      vendor-release = "100000000001"
      acme-prod      = "200000000001"
      globex-images  = "300000000001"
    }
  }

  # Perimeter rules name projects, and a bucket's name does not show its project.
  bucket_projects = {
    acme-prod-models = "acme-prod"
  }

  # The audit log reports uploads of templates.
  audit_logs = ["vendor-release"]

  kms = {
    key = "projects/vendor-keys/locations/us-central1/keyRings/release/cryptoKeys/relay"
  }

  binary_authorization = "default"
}

provider "google" {
  project = "vendor-release"
  region  = "us-central1"

  # Where a person applies, Access Context Manager wants to know whose quota it
  # takes.
  user_project_override = true
  billing_project       = "vendor-release"
}
