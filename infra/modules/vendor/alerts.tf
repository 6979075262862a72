# docs/alerts.md has a section for each alert, with the same name.

locals {
  # Waiting for a statement, an image or a tag is not a failure.
  failed = "outcome=~\"refused|retrying|dead-lettered\",reason!~\"unproven|images-missing|halted|subject-untagged\""
  # The share of copies that were late or failed.
  missed = join("", [
    "(sum(increase(${local.promql.late}{${local.on_run}}[%s])) or vector(0))",
    " + (sum(increase(${local.promql.outcomes}{${local.on_run},outcome=\"dead-lettered\",target!=\"\"}[%s])) or vector(0))",
  ])
  due      = "sum(increase(${local.promql.outcomes}{${local.on_run},outcome=~\"copied|dead-lettered\",target!=\"\"}[%s]))"
  missed_1 = "(${local.missed}) / ${local.due}"

  alerts = {
    dead-letters = {
      title    = "Messages failed for good"
      severity = "ERROR"
      duration = "0s"
      query    = "max(${local.promql.undelivered}{${local.on_subscription},subscription_id=\"${local.prefix}dead-letters\"}) > 0"
      text     = "The dead-letter subscription has messages. `relay dead-letters list` shows each with its reason and the fix. Remove the cause, then run `relay dead-letters replay`."
    }
    # Retry queues hold failed messages on purpose.
    oldest-job = {
      title    = "Messages wait too long"
      severity = "ERROR"
      duration = "600s"
      query = join(" or ", [
        "max by (subscription_id) (${local.promql.oldest}{${local.on_subscription},subscription_id=~\"${join("|", [for name in concat(local.event_subscriptions, ["copy-jobs"]) : "${local.prefix}${name}"])}\"}) > ${var.latency_objective_seconds}",
        "max by (subscription_id) (${local.promql.oldest}{${local.on_subscription},subscription_id=~\"${local.prefix}(copy|plan)-retries\"}) > 7200",
      ])
      text = "The oldest message of a subscription is too old: the functions refuse it, have too few instances, or are not called (`run.invoker`, ingress). On copy-retries a target has been failing for two hours, on plan-retries a source."
    }
    latency-fast = {
      title    = "Releases are late: the month's allowance is used up in two days"
      severity = "CRITICAL"
      duration = "0s"
      query    = "${format(local.missed_1, "1h", "1h", "1h")} > 14.4 * 0.01 and ${format(local.missed_1, "5m", "5m", "5m")} > 14.4 * 0.01"
      text     = "In the last hour too many copies were later than ${var.latency_objective_seconds} s after their push, or failed; the objective is 99 of 100. The dashboard shows whether it is one target or all."
    }
    latency-slow = {
      title    = "Releases are late: the month's allowance is used up in five days"
      severity = "WARNING"
      duration = "0s"
      query    = "${format(local.missed_1, "6h", "6h", "6h")} > 6 * 0.01 and ${format(local.missed_1, "30m", "30m", "30m")} > 6 * 0.01"
      text     = "In the last six hours too many copies were later than ${var.latency_objective_seconds} s after their push, or failed; the objective is 99 of 100."
    }
    target-failing = {
      title    = "A target fails repeatedly"
      severity = "WARNING"
      duration = "0s"
      query    = "sum by (target) (increase(${local.promql.outcomes}{${local.on_run},${local.failed},target!=\"\"}[30m])) > 10"
      text     = "Copies to one target fail repeatedly; other targets are not delayed. The log line has the reason and the fix, and `relay doctor --target` tests the target. Pause the target if its customer needs time."
    }
    nothing-planned = {
      title    = "Matching pushes produce no copies"
      severity = "ERROR"
      duration = "0s"
      query = join(" or ", [
        "sum(increase(${local.promql.outcomes}{${local.on_run},service_name=\"${local.service_names["plan-copies"]}\",${local.failed}}[15m])) > 0",
        "sum(increase(${local.promql.outcomes}{${local.on_run},service_name=\"${local.service_names["plan-copies"]}\",outcome=\"planned\"}[30m] offset 10m)) > 0 unless sum(increase(${local.promql.outcomes}{${local.on_run},service_name=\"${local.service_names["copy-artifact"]}\"}[40m])) > 0",
      ])
      text = "planCopies could not publish jobs for a push that rules release, or published jobs that copyArtifact did not receive."
    }
    function-errors = {
      title    = "Functions report unexpected errors"
      severity = "ERROR"
      duration = "0s"
      query    = "sum by (service_name) (increase(${local.promql.errors}{${local.on_run}}[15m])) > 0"
      text     = "A bug, a crash, memory used up, or a function that does not start. Messages are redelivered; the log line has the stack trace."
    }
    held = {
      title    = "Releases have been held for more than a day"
      severity = "WARNING"
      duration = "0s"
      interval = "600s"
      query    = "sum by (target, rule) (increase(${local.promql.held}{${local.on_run}}[${var.reconcile.hours_apart}h])) > 0"
      text     = "Releases have waited for required statements for more than a day, so targets do not get them. `relay status` shows what is missing, `relay statements` what is attached and why it does not count. Sign or approve them, or exempt one with `relay override`."
    }
    # In this run and in the one before: one run repairs what it finds, and a
    # record that is logged twice is not a second run.
    drift = {
      title    = "A target differs from its source, or cannot be read, in two runs"
      severity = "WARNING"
      duration = "0s"
      interval = "600s"
      query = join(" and ", [
        "sum by (target, rule) (increase(${local.promql.drift}{${local.on_run}}[${var.reconcile.hours_apart}h])) > 0",
        "sum by (target, rule) (increase(${local.promql.drift}{${local.on_run}}[${var.reconcile.hours_apart}h] offset ${var.reconcile.hours_apart}h)) > 0",
      ])
      text = "Two consecutive runs of reconcile found releases of one rule missing or changed at one target, or could not read the target. `relay status --rule --target` lists them, with reasons."
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
