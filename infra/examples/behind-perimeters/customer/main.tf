# What acme applies: places of its own with its own key, for images with immutable
# tags, written by an account of acme's own, and the way through acme's perimeter.
module "vendor_images" {
  source = "../../../modules/target"

  project_id  = "acme-prod"
  location    = "us"
  repository  = "vendor"
  templates   = "vendor-pipelines"
  bucket      = "acme-prod-models"
  copier      = "copy-artifact@vendor-release.iam.gserviceaccount.com"
  reconciler  = "reconcile@vendor-release.iam.gserviceaccount.com"
  own_account = "image-release"

  create_repository = {
    immutable_tags = true
    kms_key        = "projects/acme-keys/locations/us/keyRings/images/cryptoKeys/vendor"
  }
  create_templates = {
    kms_key = "projects/acme-keys/locations/us/keyRings/images/cryptoKeys/vendor"
  }
  create_bucket = {
    soft_delete_days = 30
    kms_key          = "projects/acme-keys/locations/us/keyRings/images/cryptoKeys/vendor"
  }

  perimeter = {
    name                  = "accessPolicies/654321/servicePerimeters/prod"
    project_number        = "200000000001"
    vendor_project_number = "100000000001"
    mode                  = "both"
  }
}

provider "google" {
  project = "acme-prod"

  # Where a person applies, Access Context Manager wants to know whose quota it
  # takes.
  user_project_override = true
  billing_project       = "acme-prod"
}
