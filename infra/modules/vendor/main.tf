# The deployment in one place: the functions, the topics of each, and its
# configuration. A further function is a further row here, with its
# subscription in infra/subscriptions.json; a row with a schedule gets a Cloud
# Scheduler job that publishes to the topic of its own name, a row with
# at_targets the credentials for registries that are not Google's.

data "google_project" "main" {
  project_id = var.project_id
}

locals {
  prefix         = var.name_prefix == "" ? "" : "${var.name_prefix}-"
  project_number = data.google_project.main.number

  # A copy ends itself before the function's time-out, and the function ends
  # before Pub/Sub stops waiting: whatever happens, there is time to answer.
  function_timeout = 540

  functions = {
    copy-artifact = {
      entry_point = "copyArtifact"
      size        = var.copy_artifact
      at_targets  = true
      publishes   = ["copy-jobs", "copy-retries", "dead-letters", "release-events"]
      schedule    = ""
      environment = {
        COPY_JOBS_TOPIC      = local.topics["copy-jobs"]
        COPY_RETRIES_TOPIC   = local.topics["copy-retries"]
        DEAD_LETTER_TOPIC    = local.topics["dead-letters"]
        RELEASE_EVENTS_TOPIC = local.publishes_release_events ? local.topics["release-events"] : ""
        COPY_TIMEOUT_SECONDS = tostring(var.copy_artifact.copy_timeout)
        BLOB_CONCURRENCY     = tostring(var.copy_artifact.blob_concurrency)
        SIGNING_KEY          = local.signs ? "gcpkms://${local.signing_key}/cryptoKeyVersions/${var.signing.version}" : ""
        GRACE_SECONDS        = tostring(var.grace_seconds)
        MAX_MANIFEST_BYTES   = tostring(var.max_manifest_bytes)
      }
    }
    plan-copies = {
      entry_point = "planCopies"
      size        = var.plan_copies
      at_targets  = false
      publishes   = ["copy-jobs", "plan-retries", "dead-letters"]
      schedule    = ""
      environment = {
        COPY_JOBS_TOPIC    = local.topics["copy-jobs"]
        PLAN_RETRIES_TOPIC = local.topics["plan-retries"]
        DEAD_LETTER_TOPIC  = local.topics["dead-letters"]
        GRACE_SECONDS      = tostring(var.grace_seconds)
        MAX_MANIFEST_BYTES = tostring(var.max_manifest_bytes)
      }
    }
    reconcile = {
      entry_point = "reconcile"
      size        = var.reconcile
      at_targets  = true
      publishes   = ["copy-jobs", "dead-letters", "reconcile"]
      schedule    = var.reconcile.schedule
      environment = {
        COPY_JOBS_TOPIC     = local.topics["copy-jobs"]
        RECONCILE_TOPIC     = local.topics["reconcile"]
        DEAD_LETTER_TOPIC   = local.topics["dead-letters"]
        GRACE_SECONDS       = tostring(var.grace_seconds)
        MAX_MANIFEST_BYTES  = tostring(var.max_manifest_bytes)
        JOBS_PER_SECOND     = tostring(var.reconcile.jobs_per_second)
        REQUESTS_PER_SECOND = tostring(var.reconcile.requests_per_second)
        REQUEST_BUDGET      = tostring(var.reconcile.request_budget)
        RECONCILE_SECONDS   = tostring(var.reconcile.part_seconds)
      }
    }
  }

  schedules = {
    for name, function in local.functions : name => function.schedule
    if function.schedule != ""
  }
}
