# Each alert has its section in docs/alerts.md, by the name it has here.

locals {
  # What waits for a statement, an image or a tag is no failure.
  failed = "outcome=~\"refused|retrying|dead-lettered\",reason!~\"unproven|images-missing|subject-untagged\""
  # The part of the releases that came late or never.
  missed = join("", [
    "(sum(increase(${local.promql.late}{${local.on_run}}[%s])) or vector(0))",
    " + (sum(increase(${local.promql.outcomes}{${local.on_run},outcome=\"dead-lettered\",target!=\"\"}[%s])) or vector(0))",
  ])
  due      = "sum(increase(${local.promql.outcomes}{${local.on_run},outcome=~\"copied|dead-lettered\",target!=\"\"}[%s]))"
  missed_1 = "(${local.missed}) / ${local.due}"

  alerts = {
    dead-letters = {
      title    = "Jobs were given up"
      severity = "ERROR"
      duration = "0s"
      query    = "max(${local.promql.undelivered}{${local.on_subscription},subscription_id=\"${local.prefix}dead-letters\"}) > 0"
      text     = "Messages wait among the dead letters; each says why and what to do. `relay dead-letters list` shows them, `relay dead-letters replay` sends them again once the cause is gone."
    }
    # Only what failed waits on purpose, on the retry queues.
    oldest-job = {
      title    = "Jobs wait too long"
      severity = "ERROR"
      duration = "600s"
      query = join(" or ", [
        "max by (subscription_id) (${local.promql.oldest}{${local.on_subscription},subscription_id=~\"${join("|", [for name in concat(local.event_subscriptions, ["copy-jobs"]) : "${local.prefix}${name}"])}\"}) > ${var.latency_objective_seconds}",
        "max by (subscription_id) (${local.promql.oldest}{${local.on_subscription},subscription_id=~\"${local.prefix}(copy|plan)-retries\"}) > 7200",
      ])
      text = "The oldest message of a subscription is older than it should be: the functions refuse, are too few, or are not called (`run.invoker`, ingress). On copy-retries a target has been failing for two hours, on plan-retries a source."
    }
    latency-fast = {
      title    = "Releases come late: the month's allowance is gone in two days"
      severity = "CRITICAL"
      duration = "0s"
      query    = "${format(local.missed_1, "1h", "1h", "1h")} > 14.4 * 0.01 and ${format(local.missed_1, "5m", "5m", "5m")} > 14.4 * 0.01"
      text     = "Of the copies of the last hour too many came later than ${var.latency_objective_seconds} s after their push, or not at all; the objective is 99 of 100. The dashboard shows whether it is one target or all."
    }
    latency-slow = {
      title    = "Releases come late: the month's allowance is gone in five days"
      severity = "WARNING"
      duration = "0s"
      query    = "${format(local.missed_1, "6h", "6h", "6h")} > 6 * 0.01 and ${format(local.missed_1, "30m", "30m", "30m")} > 6 * 0.01"
      text     = "Over six hours too many copies came later than ${var.latency_objective_seconds} s after their push, or not at all; the objective is 99 of 100."
    }
    target-failing = {
      title    = "A target fails again and again"
      severity = "WARNING"
      duration = "0s"
      query    = "sum by (target) (increase(${local.promql.outcomes}{${local.on_run},${local.failed},target!=\"\"}[30m])) > 10"
      text     = "Copies to one target fail repeatedly; the others are not held up. The log line's reason and remedy say what is wrong; `relay doctor --target` tries its side. Pause the target if its customer needs time."
    }
    nothing-planned = {
      title    = "Pushes match, and nothing comes of them"
      severity = "ERROR"
      duration = "0s"
      query = join(" or ", [
        "sum(increase(${local.promql.outcomes}{${local.on_run},service_name=\"${local.service_names["plan-copies"]}\",${local.failed}}[15m])) > 0",
        "sum(increase(${local.promql.outcomes}{${local.on_run},service_name=\"${local.service_names["plan-copies"]}\",outcome=\"planned\"}[30m] offset 10m)) > 0 unless sum(increase(${local.promql.outcomes}{${local.on_run},service_name=\"${local.service_names["copy-artifact"]}\"}[40m])) > 0",
      ])
      text = "planCopies could not publish jobs for a push that it should release, or published jobs that copyArtifact never saw."
    }
    function-errors = {
      title    = "The functions fail in ways they do not know"
      severity = "ERROR"
      duration = "0s"
      query    = "sum by (service_name) (increase(${local.promql.errors}{${local.on_run}}[15m])) > 0"
      text     = "A bug, a crash, memory used up or a function that does not start. Messages are delivered again meanwhile; the log line has the stack."
    }
    held = {
      title    = "Releases have been held for more than a day"
      severity = "WARNING"
      duration = "0s"
      interval = "600s"
      query    = "sum by (target, rule) (increase(${local.promql.held}{${local.on_run}}[${var.reconcile.hours_apart}h])) > 0"
      text     = "What rules require of releases has not come for more than a day, so that targets do not get them. `relay status` says what is missing, `relay statements` what is there and why it does not count. Sign or approve them, or let one pass for a while: `relay override`."
    }
    # In this run and in the one before: what one run finds it heals, and a
    # record that comes twice is no second run.
    drift = {
      title    = "A target differs from the source, or cannot be asked, run after run"
      severity = "WARNING"
      duration = "0s"
      interval = "600s"
      query = join(" and ", [
        "sum by (target, rule) (increase(${local.promql.drift}{${local.on_run}}[${var.reconcile.hours_apart}h])) > 0",
        "sum by (target, rule) (increase(${local.promql.drift}{${local.on_run}}[${var.reconcile.hours_apart}h] offset ${var.reconcile.hours_apart}h)) > 0",
      ])
      text = "Two runs of reconcile in a row found releases of one rule missing or changed at one target, although it asks for them each time, or could not ask the target. `relay status --rule --target` lists them, with reasons."
    }
  }
}

resource "google_monitoring_alert_policy" "main" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = "${local.prefix}registry-relay: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = var.notification_channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.duration
      evaluation_interval = try(each.value.interval, "60s")
      rule_group          = "registry-relay"
      # The metrics appear with the first log line.
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.text}\n\nRunbook: ${var.runbook_url}#${each.key}"
    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#${each.key}"
    }
  }

  depends_on = [google_logging_metric.main]
}
