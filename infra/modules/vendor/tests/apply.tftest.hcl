# The whole of it applied and destroyed again, as far as that goes without a
# cloud: no cycle, every reference known in the end.

mock_provider "time" {}

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }
  mock_resource "google_logging_project_sink" {
    defaults = { writer_identity = "serviceAccount:service-11@gcp-sa-logging.iam.gserviceaccount.com" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com" }
  }
  mock_data "google_kms_crypto_key_version" {
    defaults = { algorithm = "EC_SIGN_P256_SHA256", public_key = [{ algorithm = "EC_SIGN_P256_SHA256", pem = "-----BEGIN PUBLIC KEY-----" }] }
  }
  mock_resource "google_kms_key_ring" {
    defaults = { id = "projects/vendor-release/locations/us-central1/keyRings/registry-relay" }
  }
  mock_resource "google_artifact_registry_repository" {
    defaults = { id = "projects/vendor-release/locations/us-central1/repositories/relay-functions" }
  }
  mock_resource "google_pubsub_topic" {
    defaults = { id = "projects/vendor-release/topics/mocked" }
  }
}

variables {
  project_id    = "vendor-release"
  region        = "us-central1"
  rules_file    = "tests/fixtures/everything/rules.yaml"
  package_file  = "tests/fixtures/everything/relay.zip"
  docker_config = { secret = "registries", version = "3" }
  vpc           = { network = "release", subnetwork = "functions" }
  kms           = { key = "projects/keys/locations/us-central1/keyRings/r/cryptoKeys/k" }
  signing       = { hsm = true }
  labels        = { team = "release" }
  perimeter = {
    name      = "accessPolicies/1/servicePerimeters/vendor"
    mode      = "both"
    deployers = ["serviceAccount:deploy@vendor-ci.iam.gserviceaccount.com"]
    project_numbers = {
      vendor-release            = "123456789"
      vendor-labs               = "11"
      vendor-legacy             = "12"
      acme-prod                 = "21"
      "acme.example:identity"   = "22"
      globex-images             = "23"
      initech-prod              = "24"
      "umbrella.example:images" = "25"
    }
  }
}

run "applies_as_a_whole" {
  command = apply

  assert {
    condition     = google_pubsub_subscription.push["copy-jobs"].push_config[0].oidc_token[0].audience == output.functions["copy-artifact"]
    error_message = "The audience is the function's own URL."
  }

  assert {
    condition     = length(google_kms_crypto_key_iam_member.main) == 5 && google_kms_crypto_key_iam_member.main["storage"].member == "serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com" && google_pubsub_topic.relay["copy-jobs"].kms_key_name == var.kms.key
    error_message = "The key is used, and Google's agents may use it."
  }

  assert {
    condition     = output.receipts_public_key == "-----BEGIN PUBLIC KEY-----" && length(google_kms_crypto_key_iam_member.receipts) == 2
    error_message = "Customers get the public key of what signs."
  }

  assert {
    condition     = can(jsondecode(google_monitoring_dashboard.main.dashboard_json).mosaicLayout.tiles[0].widget.scorecard)
    error_message = "The dashboard is JSON."
  }

  assert {
    condition = alltrue([
      for tile in jsondecode(google_monitoring_dashboard.main.dashboard_json).mosaicLayout.tiles :
      !contains([for key in ["xPos", "yPos"] : try(tile[key], null)], 0)
    ])
    error_message = "A position of 0 is left out by the API, so that a plan would always find a change."
  }

  assert {
    condition = alltrue([
      for query in concat(
        [for policy in google_monitoring_alert_policy.main : policy.conditions[0].condition_prometheus_query_language[0].query],
        [for chart in local.charts : chart.query],
      ) :
      !strcontains(query, "%") && length(regexall("\\(", query)) == length(regexall("\\)", query))
    ])
    error_message = "A query is not filled in."
  }

  assert {
    condition = alltrue([
      for query in concat(
        [for policy in google_monitoring_alert_policy.main : policy.conditions[0].condition_prometheus_query_language[0].query],
        [for chart in local.charts : chart.query],
      ) :
      length(regexall("_googleapis_com:", query)) == length(regexall("_googleapis_com:\\w+\\{monitored_resource=\"(?:cloud_run_revision|pubsub_subscription)\"[,}]", query))
    ])
    error_message = "A selector does not say which resource its metric is of."
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.main : strcontains(policy.documentation[0].content, "${var.runbook_url}#")])
    error_message = "Every alert says where its runbook is."
  }
}

run "keeps_accounts_when_all_else_is_renamed" {
  command = plan
  variables {
    name_prefix = "renamed"
  }

  assert {
    condition = (
      google_pubsub_topic.relay["copy-jobs"].name == "renamed-copy-jobs" &&
      google_service_account.function["copy-artifact"].account_id == "copy-artifact" &&
      output.copier == "copy-artifact@vendor-release.iam.gserviceaccount.com"
    )
    error_message = "What customers granted to another account holds for this one no longer."
  }
}

run "applies_with_every_kind" {
  command = apply
  variables {
    rules_file   = "tests/fixtures/kinds/rules.yaml"
    package_file = "tests/fixtures/kinds/relay.zip"
    audit_logs   = ["vendor-release", "vendor-labs"]
    bucket_projects = {
      vendor-labs-data = "vendor-labs"
      acme-models      = "acme-prod"
      globex-data      = "globex-images"
      hooli-data       = "hooli-prod"
    }
    perimeter = {
      name = "accessPolicies/1/servicePerimeters/vendor"
      mode = "both"
      project_numbers = {
        vendor-release          = "123456789"
        vendor-labs             = "11"
        acme-prod               = "21"
        "acme.example:identity" = "22"
        globex-images           = "23"
        globex-ml               = "27"
        hooli-prod              = "28"
      }
    }
  }

  assert {
    condition = (
      output.topics["template-uploads"] == "projects/vendor-release/topics/template-uploads" &&
      output.topics["object-changes"] == "projects/vendor-release/topics/object-changes" &&
      google_pubsub_topic.relay["object-changes"].kms_key_name == var.kms.key
    )
    error_message = "The topics of the events are as all others are."
  }
}

run "refuses_a_key_that_signs_otherwise" {
  command = plan
  override_data {
    target = data.google_kms_crypto_key_version.receipts[0]
    values = { algorithm = "RSA_SIGN_PSS_2048_SHA256" }
  }
  expect_failures = [data.google_kms_crypto_key_version.receipts]
}
