resource "google_project_service" "main" {
  for_each = toset(concat(
    [
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "iam.googleapis.com",
      "iamcredentials.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "storage.googleapis.com",
    ],
    length(local.schedules) > 0 ? ["cloudscheduler.googleapis.com"] : [],
    var.docker_config != null ? ["secretmanager.googleapis.com"] : [],
  ))

  project = var.project_id
  service = each.key

  # Others in the project may use them.
  disable_on_destroy = false
}
