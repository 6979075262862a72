# Artifact Registry publishes every push in a project on that project's topic
# "gcr", which it finds by name. Others use the topic too; it may exist before and
# stays after a destroy. So it is used here and not managed.

locals {
  # The topics of the subscriptions, except Artifact Registry's, and the topic of
  # release events.
  relay_topics = toset(concat(
    [for settings in values(local.relay_settings) : settings.topic],
    local.publishes_release_events ? ["release-events"] : [],
  ))
  # Full names, known before the topics exist.
  topics = {
    for name in local.relay_topics :
    name => "projects/${var.project_id}/topics/${local.prefix}${name}"
  }
}

resource "google_pubsub_topic" "relay" {
  #checkov:skip=CKV_GCP_83:kms is a variable; names of artifacts need no key of their own.
  for_each = local.relay_topics

  project      = var.project_id
  name         = "${local.prefix}${each.key}"
  labels       = var.labels
  kms_key_name = try(var.kms.key, null)

  dynamic "message_storage_policy" {
    for_each = var.message_storage_policy[*]
    content {
      allowed_persistence_regions = message_storage_policy.value.regions
      enforce_in_transit          = message_storage_policy.value.enforce_in_transit
    }
  }

  depends_on = [
    google_project_service.main,
    time_sleep.key,
  ]
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = merge([
    for name, function in local.functions : {
      for topic in function.publishes :
      "${name} ${topic}" => { function = name, topic = topic }
      if contains(local.relay_topics, topic)
    }
  ]...)

  project = var.project_id
  topic   = google_pubsub_topic.relay[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = local.accounts[each.value.function].member
}

# Pub/Sub gives messages up by itself, too.
resource "google_pubsub_topic_iam_member" "dead_letter" {
  project = var.project_id
  topic   = google_pubsub_topic.relay["dead-letters"].name
  role    = "roles/pubsub.publisher"
  member  = local.agents.pubsub
}
