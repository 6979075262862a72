# The receivers of release events, if any: docs/release-events.md. A customer gets
# its own events from a subscription here, whose filter cannot be changed after
# creation. It never gets a subscription of its own on the topic, because it would
# choose that filter.

locals {
  tells = var.notices != null
  notice_listeners = {
    for listener in concat(try(var.notices.push, []), try(var.notices.pull, [])) :
    listener.name => merge(listener, {
      filter = join(" AND ", compact([
        listener.target == null ? "" : "attributes.target = \"${listener.target}\"",
        listener.filter == null ? "" : "(${listener.filter})",
      ]))
    })
  }
  notice_readers = merge([
    for listener in try(var.notices.pull, []) : {
      for member in listener.members :
      "${listener.name} ${member}" => { name = listener.name, member = member }
    }
  ]...)
  tells_by_push = length(try(var.notices.push, [])) > 0
  notice_table  = try(var.notices.bigquery, null)
}

resource "google_pubsub_subscription" "notices" {
  for_each = local.notice_listeners

  project                    = var.project_id
  name                       = "${local.prefix}notices-${each.key}"
  topic                      = google_pubsub_topic.relay["notices"].name
  filter                     = each.value.filter == "" ? null : each.value.filter
  labels                     = var.labels
  ack_deadline_seconds       = 30
  message_retention_duration = "604800s"

  dynamic "push_config" {
    for_each = can(each.value.endpoint) ? [each.value] : []
    content {
      push_endpoint = push_config.value.endpoint
      oidc_token {
        service_account_email = local.accounts["notices"].email
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

  depends_on = [time_sleep.notices]
}

# Changes when the reader's subscription is replaced, for another filter.
resource "terraform_data" "notice_readers" {
  for_each = local.notice_readers

  input = google_pubsub_subscription.notices[each.value.name].id
}

# On this one subscription: not on the topic, nor on the project.
resource "google_pubsub_subscription_iam_member" "notices" {
  for_each = local.notice_readers

  project      = var.project_id
  subscription = google_pubsub_subscription.notices[each.value.name].name
  role         = "roles/pubsub.subscriber"
  member       = each.value.member

  lifecycle {
    # The policy is gone with the old subscription.
    replace_triggered_by = [terraform_data.notice_readers[each.key]]
  }
}

# Foreign endpoints see its tokens: it may do nothing, here or anywhere.
resource "google_service_account" "notices" {
  count = local.tells_by_push ? 1 : 0

  project      = var.project_id
  account_id   = "${local.prefix}relay-notices"
  display_name = "registry-relay: notices"
  description  = "Pub/Sub pushes release events as this account, which has no roles."

  depends_on = [google_project_service.main]
}

resource "google_service_account_iam_member" "notices_token" {
  count = local.tells_by_push ? 1 : 0

  service_account_id = local.accounts["notices"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub
}

resource "google_bigquery_dataset" "notices" {
  #checkov:skip=CKV_GCP_81:kms_key is a variable; names of artifacts need no key of their own.
  for_each = { for table in local.notice_table[*] : table.dataset => table }

  project     = var.project_id
  dataset_id  = each.key
  location    = each.value.location
  description = "registry-relay: what has become of each release at each target."
  labels      = var.labels

  dynamic "default_encryption_configuration" {
    for_each = each.value.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_project_service.main]
}

# Its columns are the fields of a notice: `npm run schema` writes them from the
# code. One that is new is added; what it does not know yet is left out.
resource "google_bigquery_table" "notices" {
  #checkov:skip=CKV_GCP_80:the dataset has a key where one is given.
  for_each = google_bigquery_dataset.notices

  project             = var.project_id
  dataset_id          = each.value.dataset_id
  table_id            = "notices"
  description         = "One row for each notice; a notice may come twice, with one id."
  labels              = var.labels
  schema              = file("${path.module}/../../notices.bigquery.json")
  clustering          = ["type", "subject"]
  deletion_protection = var.deletion_protection

  time_partitioning {
    type  = "DAY"
    field = "time"
  }
}

# Changes when the table is replaced, in another location.
resource "terraform_data" "notice_tables" {
  for_each = google_bigquery_table.notices

  input = each.value.id
}

resource "google_bigquery_table_iam_member" "notices" {
  for_each = {
    for pair in setproduct(keys(google_bigquery_table.notices), ["dataEditor", "metadataViewer"]) :
    pair[1] => pair[0]
  }

  project    = var.project_id
  dataset_id = google_bigquery_table.notices[each.value].dataset_id
  table_id   = google_bigquery_table.notices[each.value].table_id
  role       = "roles/bigquery.${each.key}"
  member     = local.agents.pubsub

  lifecycle {
    # The policy is gone with the old table.
    replace_triggered_by = [terraform_data.notice_tables]
  }
}

resource "google_pubsub_subscription" "notices_table" {
  for_each = google_bigquery_table.notices

  project                    = var.project_id
  name                       = "${local.prefix}notices-bigquery"
  topic                      = google_pubsub_topic.relay["notices"].name
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

  depends_on = [time_sleep.notices]
}
