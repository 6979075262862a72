# What the functions and who applies call. The two by which everything else is
# looked up and switched on must be there before the first apply; they stand here
# because a perimeter has to let them in, too.
resource "google_project_service" "main" {
  for_each = toset(concat(
    [
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "iam.googleapis.com",
      "iamcredentials.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "serviceusage.googleapis.com",
      "storage.googleapis.com",
    ],
    length(local.schedules) > 0 ? ["cloudscheduler.googleapis.com"] : [],
    var.binary_authorization != null ? ["binaryauthorization.googleapis.com"] : [],
    var.perimeter != null ? ["accesscontextmanager.googleapis.com"] : [],
    local.release_event_table != null ? ["bigquery.googleapis.com"] : [],
    local.signs || try(var.kms.grant, false) ? ["cloudkms.googleapis.com"] : [],
    var.vpc != null ? ["compute.googleapis.com"] : [],
    var.docker_config != null ? ["secretmanager.googleapis.com"] : [],
  ))

  project = var.project_id
  service = each.key

  # Others in the project may use them.
  disable_on_destroy = false
}
