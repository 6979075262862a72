# What a customer applies, at its smallest: a repository, and one grant on it.
module "vendor_images" {
  source = "../../modules/target"

  project_id = "acme-prod"
  location   = "us"
  repository = "vendor"
  copier     = "copy-artifact@vendor-release.iam.gserviceaccount.com"
  reconciler = "reconcile@vendor-release.iam.gserviceaccount.com"

  create_repository = {
    keep_newest            = 20
    delete_older_than_days = 180
  }
}
