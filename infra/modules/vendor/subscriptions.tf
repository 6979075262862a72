# infra/subscriptions.json is what the local stack and the chaos tests set, too. A
# source in another project has its own gcr topic and so its own subscription,
# which lives here; to attach it there takes pubsub.topics.attachSubscription.

locals {
  subscription_settings = jsondecode(file("${path.module}/../../subscriptions.json"))

  # Those of topics of our own: the events of a kind, where rules release it.
  relay_settings = {
    for name, settings in local.subscription_settings : name => settings
    if settings.topic != "gcr" && contains(setunion(local.kinds, [""]), try(settings.kind, ""))
  }

  listeners = {
    for project in local.source_projects.image :
    project == var.project_id ? "plan-copies" : "plan-copies-${replace(replace(project, ":", "-"), ".", "-")}" =>
    merge(local.subscription_settings["plan-copies"], {
      topic_name = "projects/${project}/topics/gcr"
    })
  }
  dead_letters = local.subscription_settings["dead-letters"]

  relay_subscriptions = {
    for name, settings in local.relay_settings :
    name => merge(settings, { topic_name = local.topics[settings.topic] })
  }
  event_subscriptions = concat(
    keys(local.listeners),
    [for name, settings in local.relay_settings : name if can(settings.kind)],
  )
  push_subscriptions = merge(local.listeners, {
    for name, settings in local.relay_subscriptions :
    name => settings if can(settings.function)
  })
}

resource "google_pubsub_subscription" "push" {
  for_each = local.push_subscriptions

  project                    = var.project_id
  name                       = "${local.prefix}${each.key}"
  topic                      = each.value.topic_name
  filter                     = try(each.value.filter, null)
  labels                     = var.labels
  ack_deadline_seconds       = each.value.ackDeadlineSeconds
  message_retention_duration = "${each.value.retentionSeconds}s"
  retain_acked_messages      = each.value.retainAckedMessages

  push_config {
    # The function reads from the path which topic a delivery comes from.
    push_endpoint = join("", [
      local.function_uris[each.value.function],
      replace(replace(
        each.value.endpointPath,
        "{project}", split("/", each.value.topic_name)[1]),
        "{topic}", split("/", each.value.topic_name)[3]
      ),
    ])

    oidc_token {
      service_account_email = local.accounts["push"].email
      audience              = local.function_uris[each.value.function]
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.minimumBackoffSeconds}s"
    maximum_backoff = "${each.value.maximumBackoffSeconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = local.topics[each.value.deadLetterTopic]
    max_delivery_attempts = each.value.maxDeliveryAttempts
  }

  # A quiet month is no reason to lose it.
  expiration_policy {
    ttl = ""
  }

  lifecycle {
    precondition {
      condition     = each.value.ackDeadlineSeconds > local.function_timeout
      error_message = "ackDeadlineSeconds must exceed the function timeout."
    }
  }

  depends_on = [google_pubsub_topic.relay]
}

resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project_id
  name                       = "${local.prefix}dead-letters"
  topic                      = google_pubsub_topic.relay["dead-letters"].name
  labels                     = var.labels
  ack_deadline_seconds       = local.dead_letters.ackDeadlineSeconds
  message_retention_duration = "${local.dead_letters.retentionSeconds}s"
  retain_acked_messages      = local.dead_letters.retainAckedMessages

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub acknowledges what it moves to the dead letters.
resource "google_pubsub_subscription_iam_member" "dead_letter" {
  for_each = google_pubsub_subscription.push

  project      = var.project_id
  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub

  lifecycle {
    # A subscription that is replaced, for another filter, has no policy.
    replace_triggered_by = [google_pubsub_subscription.push[each.key].id]
  }
}
