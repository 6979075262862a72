# The receivers of release events, if any: docs/release-events.md. A customer gets
# its own events from a subscription here, whose filter cannot be changed after
# creation. It never gets a subscription of its own on the topic, because it would
# choose that filter.

locals {
  publishes_release_events = var.release_events != null
  release_event_listeners = {
    for listener in concat(try(var.release_events.push, []), try(var.release_events.pull, [])) :
    listener.name => merge(listener, {
      filter = join(" AND ", compact([
        listener.target == null ? "" : "attributes.target = \"${listener.target}\"",
        listener.filter == null ? "" : "(${listener.filter})",
      ]))
    })
  }
  release_event_readers = merge([
    for listener in try(var.release_events.pull, []) : {
      for member in listener.members :
      "${listener.name} ${member}" => { name = listener.name, member = member }
    }
  ]...)
  pushes_release_events = length(try(var.release_events.push, [])) > 0
  release_event_table   = try(var.release_events.bigquery, null)
}

resource "google_pubsub_subscription" "release_events" {
  for_each = local.release_event_listeners

  project                    = var.project_id
  name                       = "${local.prefix}release-events-${each.key}"
  topic                      = google_pubsub_topic.relay["release-events"].name
  filter                     = each.value.filter == "" ? null : each.value.filter
  labels                     = var.labels
  ack_deadline_seconds       = 30
  message_retention_duration = "604800s"

  dynamic "push_config" {
    for_each = can(each.value.endpoint) ? [each.value] : []
    content {
      push_endpoint = push_config.value.endpoint
      oidc_token {
        service_account_email = local.accounts["release-events"].email
        audience              = coalesce(push_config.value.audience, push_config.value.endpoint)
      }
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  expiration_policy {
    ttl = ""
  }

  lifecycle {
    precondition {
      condition     = length(each.value.filter) <= 256
      error_message = "filter and target together must have at most 256 bytes."
    }
  }

  depends_on = [time_sleep.release_events]
}

# Changes when the reader's subscription is replaced, for another filter.
resource "terraform_data" "release_event_readers" {
  for_each = local.release_event_readers

  input = google_pubsub_subscription.release_events[each.value.name].id
}

# On this one subscription: not on the topic, nor on the project.
resource "google_pubsub_subscription_iam_member" "release_events" {
  for_each = local.release_event_readers

  project      = var.project_id
  subscription = google_pubsub_subscription.release_events[each.value.name].name
  role         = "roles/pubsub.subscriber"
  member       = each.value.member

  lifecycle {
    # The policy is gone with the old subscription.
    replace_triggered_by = [terraform_data.release_event_readers[each.key]]
  }
}

# Foreign endpoints see its tokens: it may do nothing, here or anywhere.
resource "google_service_account" "release_events" {
  count = local.pushes_release_events ? 1 : 0

  project      = var.project_id
  account_id   = "${local.prefix}relay-events"
  display_name = "registry-relay: release events"
  description  = "Pub/Sub pushes release events as this account, which has no roles."

  depends_on = [google_project_service.main]
}

resource "google_service_account_iam_member" "release_events_token" {
  count = local.pushes_release_events ? 1 : 0

  service_account_id = local.accounts["release-events"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub
}

resource "google_bigquery_dataset" "release_events" {
  #checkov:skip=CKV_GCP_81:kms_key is a variable; names of artifacts need no key of their own.
  for_each = { for table in local.release_event_table[*] : table.dataset => table }

  project     = var.project_id
  dataset_id  = each.key
  location    = each.value.location
  description = "registry-relay: the state of each release at each target."
  labels      = var.labels

  dynamic "default_encryption_configuration" {
    for_each = each.value.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_project_service.main]
}

# Its columns are the fields of a release event: `npm run schema` writes them from the
# code. One that is new is added; what it does not know yet is left out.
resource "google_bigquery_table" "release_events" {
  #checkov:skip=CKV_GCP_80:the dataset has a key where one is given.
  for_each = google_bigquery_dataset.release_events

  project             = var.project_id
  dataset_id          = each.value.dataset_id
  table_id            = "release_events"
  description         = "One row for each release event; a release event may come twice, with one id."
  labels              = var.labels
  schema              = file("${path.module}/../../release-events.bigquery.json")
  clustering          = ["type", "subject"]
  deletion_protection = var.deletion_protection

  time_partitioning {
    type  = "DAY"
    field = "time"
  }
}

# Changes when the table is replaced, in another location.
resource "terraform_data" "release_event_tables" {
  for_each = google_bigquery_table.release_events

  input = each.value.id
}

resource "google_bigquery_table_iam_member" "release_events" {
  for_each = {
    for pair in setproduct(keys(google_bigquery_table.release_events), ["dataEditor", "metadataViewer"]) :
    pair[1] => pair[0]
  }

  project    = var.project_id
  dataset_id = google_bigquery_table.release_events[each.value].dataset_id
  table_id   = google_bigquery_table.release_events[each.value].table_id
  role       = "roles/bigquery.${each.key}"
  member     = local.agents.pubsub

  lifecycle {
    # The policy is gone with the old table.
    replace_triggered_by = [terraform_data.release_event_tables]
  }
}

resource "google_pubsub_subscription" "release_events_table" {
  for_each = google_bigquery_table.release_events

  project                    = var.project_id
  name                       = "${local.prefix}release-events-bigquery"
  topic                      = google_pubsub_topic.relay["release-events"].name
  labels                     = var.labels
  message_retention_duration = "604800s"

  bigquery_config {
    table               = "${each.value.project}.${each.value.dataset_id}.${each.value.table_id}"
    use_table_schema    = true
    drop_unknown_fields = true
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [time_sleep.release_events]
}
