resource "google_cloud_scheduler_job" "main" {
  for_each = local.schedules

  project     = var.project_id
  region      = var.region
  name        = "${local.prefix}${each.key}"
  description = "Starts ${local.functions[each.key].entry_point}."
  schedule    = each.value
  time_zone   = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.relay[each.key].id
    data       = base64encode("{}")
  }

  retry_config {
    retry_count = 3
  }
}
