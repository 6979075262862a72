locals {
  charts = [
    {
      title = "Dead letters waiting (should be 0)"
      query = "max(${local.promql.undelivered}{${local.on_subscription},subscription_id=\"${local.prefix}dead-letters\"})"
      kind  = "scorecard"
      width = 12
    },
    {
      title = "Oldest job waiting, seconds"
      query = "max(${local.promql.oldest}{${local.on_subscription},subscription_id=~\"${local.prefix}(copy-(jobs|retries)|plan-retries)\"})"
      kind  = "scorecard"
      width = 12
    },
    {
      title = "Released within ${var.latency_objective_seconds} s, last day (objective: 0.99)"
      query = "1 - ${format(local.missed_1, "1d", "1d", "1d")}"
      kind  = "scorecard"
      width = 12
    },
    {
      title = "Failed deliveries by target, last hour"
      query = "sum by (target, reason) (increase(${local.promql.outcomes}{${local.on_run},${local.failed},target!=\"\"}[1h])) > 0"
      kind  = "table"
      width = 12
    },
    {
      title = "Copies by customer, last day"
      query = "sum by (target, outcome) (increase(${local.promql.outcomes}{${local.on_run},target!=\"\"}[1d])) > 0"
      kind  = "table"
      width = 24
    },
    {
      title = "Seconds from push to target, 99 of 100, by target"
      query = "histogram_quantile(0.99, sum by (target, le) (rate(${local.promql.latency}_bucket{${local.on_run}}[1h])))"
      kind  = "lines"
      width = 24
    },
    {
      title = "Targets that differ or cannot be read, by rule"
      query = "sum by (target, rule, outcome) (increase(${local.promql.drift}{${local.on_run}}[${var.reconcile.hours_apart}h]))"
      kind  = "lines"
      width = 24
    },
    {
      title = "Outcomes"
      query = "sum by (outcome) (increase(${local.promql.outcomes}{${local.on_run}}[5m]))"
      kind  = "bars"
      width = 24
    },
    {
      title = "Bytes copied, by target"
      query = "sum by (target) (increase(${local.promql.bytes}_sum{${local.on_run}}[5m]))"
      kind  = "bars"
      width = 24
    },
  ]

  widgets = [
    for chart in local.charts : merge(
      { title = chart.title },
      chart.kind == "scorecard" ? {
        scorecard = {
          timeSeriesQuery = { prometheusQuery = chart.query }
        }
      } : {},
      chart.kind == "table" ? {
        timeSeriesTable = {
          dataSets = [{ timeSeriesQuery = { prometheusQuery = chart.query } }]
        }
      } : {},
      contains(["lines", "bars"], chart.kind) ? {
        xyChart = {
          dataSets = [{
            plotType        = chart.kind == "bars" ? "STACKED_BAR" : "LINE"
            timeSeriesQuery = { prometheusQuery = chart.query }
          }]
        }
      } : {},
    )
  ]

  tiles = concat(
    [
      for index, widget in local.widgets : {
        # Four narrow ones in the first row, then two a row.
        xPos   = index < 4 ? index * 12 : (index % 2) * 24
        yPos   = index < 4 ? 0 : 12 + floor((index - 4) / 2) * 16
        width  = local.charts[index].width
        height = index < 4 ? 12 : 16
        widget = widget
      }
    ],
    [{
      xPos   = 24
      yPos   = 44
      width  = 24
      height = 16
      widget = {
        title = "Failures with reasons"
        logsPanel = {
          filter = "${local.delivery_lines} AND severity>=WARNING"
        }
      }
    }],
  )
}

resource "google_monitoring_dashboard" "main" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "${local.prefix}registry-relay"
    mosaicLayout = {
      columns = 48
      # A position of 0 is what the API leaves out: if it were written, no plan
      # would ever say "No changes".
      tiles = [
        for tile in local.tiles : {
          for key, value in tile : key => value if value != 0
        }
      ]
    }
  })

  depends_on = [google_logging_metric.main]
}
