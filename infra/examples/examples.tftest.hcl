# Plans an example, with the root as people apply it: `npm run check:terraform` runs it with each terraform.tfvars
# here and a stand-in for the package.

mock_provider "google" {
  override_during = plan
  mock_data "google_project" {
    defaults = { number = "100000000001" }
  }
  mock_resource "google_logging_project_sink" {
    defaults = { writer_identity = "serviceAccount:service-11@gcp-sa-logging.iam.gserviceaccount.com" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com" }
  }
  mock_resource "google_service_account" {
    defaults = {
      email  = "mocked-account@vendor-release.iam.gserviceaccount.com"
      member = "serviceAccount:mocked-account@vendor-release.iam.gserviceaccount.com"
      name   = "projects/vendor-release/serviceAccounts/mocked-account@vendor-release.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_artifact_registry_repository" {
    defaults = { id = "projects/vendor-release/locations/us-central1/repositories/relay-functions" }
  }
}

run "plans" {
  command = plan

  assert {
    condition     = length(output.subscriptions) >= 4 && length(output.functions) == 3 && length(output.customer_grants) >= 1
    error_message = "An example listens, copies, and tells its customers what to grant."
  }
}
