# Metrics come from the functions' log lines: one JSON object for each delivery
# with its outcome, and target, rule, reason, bytes and age where there are any.

locals {
  metric_prefix = replace(local.prefix, "-", "_")
  service_names = { for name in keys(local.functions) : name => "${local.prefix}${name}" }

  delivery_lines = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.location=\"${var.region}\"",
    format("resource.labels.service_name=(%s)", join(" OR ", [
      for name in values(local.service_names) : "\"${name}\""
    ])),
  ])

  metrics = {
    outcomes = {
      description = "Outcome of each delivery."
      filter      = "jsonPayload.outcome:*"
      labels      = ["target", "rule", "outcome", "reason"]
      value       = null
    }
    late = {
      description = "Copies that came later than the objective of ${var.latency_objective_seconds} s."
      filter      = "jsonPayload.outcome=\"copied\" AND jsonPayload.age>${var.latency_objective_seconds}"
      labels      = ["target", "rule"]
      value       = null
    }
    errors = {
      # What a function refuses is a 500 in the log of requests, and an outcome in its own.
      description = "Bugs, crashes and platform errors of the functions."
      filter = join(" AND ", [
        "severity>=ERROR",
        "(jsonPayload.reason=\"bug\" OR NOT jsonPayload.outcome:*)",
        "NOT (log_id(\"run.googleapis.com/requests\") AND httpRequest.status=500)",
      ])
      labels = []
      value  = null
    }
    latency = {
      description = "Seconds from a copy job, published a moment after the push, to its image at the target."
      filter      = "jsonPayload.outcome=\"copied\""
      labels      = ["target", "rule"]
      value       = "age"
      unit        = "s"
      bounds      = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 10800, 43200]
    }
    bytes = {
      description = "Bytes that copies moved."
      filter      = "jsonPayload.outcome=\"copied\""
      labels      = ["target", "rule"]
      value       = "bytes"
      unit        = "By"
      bounds = [
        for megabytes in [0.1, 1, 10, 50, 100, 250, 500, 1000, 2500, 5000, 10000] :
        megabytes * 1000000
      ]
    }
    held = {
      description = "Targets for which reconcile found releases that have waited for more than a day: one for each rule and run."
      filter      = "jsonPayload.outcome=\"held\" AND jsonPayload.heldOverADay>0"
      labels      = ["target", "rule"]
      value       = null
    }
    unproven = {
      description = "Copies that would be held if all requirements were enforced."
      filter      = "jsonPayload.proof.unproven:*"
      labels      = ["target", "rule"]
      value       = null
    }
    drift = {
      description = "Targets that reconcile found to differ from the source, or could not ask: one for each rule and run."
      filter      = "jsonPayload.outcome=(\"drift\" OR \"unreachable\")"
      labels      = ["target", "rule", "outcome", "reason"]
      value       = null
    }
  }
}

resource "google_logging_metric" "main" {
  for_each = local.metrics

  project     = var.project_id
  name        = "${local.metric_prefix}relay_${each.key}"
  description = each.value.description
  filter      = "${local.delivery_lines} AND ${each.value.filter}"

  label_extractors = {
    for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})"
  }
  value_extractor = each.value.value == null ? null : "EXTRACT(jsonPayload.${each.value.value})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = each.value.value == null ? "INT64" : "DISTRIBUTION"
    unit        = try(each.value.unit, "1")

    dynamic "labels" {
      for_each = toset(each.value.labels)
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = try([each.value.bounds], [])
    content {
      explicit_buckets {
        bounds = bucket_options.value
      }
    }
  }

  depends_on = [google_project_service.main]
}

# As PromQL names them. A metric that more than one kind of resource may write is
# refused unless the selector says which, so every one says.
locals {
  on_run          = "monitored_resource=\"cloud_run_revision\""
  on_subscription = "monitored_resource=\"pubsub_subscription\""
  promql = merge(
    {
      for name in keys(local.metrics) :
      name => "logging_googleapis_com:user_${local.metric_prefix}relay_${name}"
    },
    {
      oldest      = "pubsub_googleapis_com:subscription_oldest_unacked_message_age"
      undelivered = "pubsub_googleapis_com:subscription_num_undelivered_messages"
    },
  )
}
