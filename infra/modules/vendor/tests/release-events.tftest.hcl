# Release events: each subscriber gets its own, and no others.

mock_provider "time" {}

mock_provider "google" {
  override_during = plan
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }
  mock_resource "google_pubsub_subscription" {
    defaults = { id = "projects/vendor-release/subscriptions/mocked" }
  }
}

override_module {
  target          = module.copy_artifact
  override_during = plan
  outputs         = { uri = "https://copy-artifact-abc-uc.a.run.app", name = "copy-artifact" }
}

override_module {
  target          = module.planner["plan-copies"]
  override_during = plan
  outputs         = { uri = "https://plan-copies-abc-uc.a.run.app", name = "plan-copies" }
}

override_module {
  target          = module.planner["reconcile"]
  override_during = plan
  outputs         = { uri = "https://reconcile-abc-uc.a.run.app", name = "reconcile" }
}

variables {
  project_id   = "vendor-release"
  region       = "us-central1"
  rules_file   = "tests/fixtures/smallest/rules.yaml"
  package_file = "tests/fixtures/smallest/relay.zip"
}

run "tells_nobody_unasked" {
  command = plan

  assert {
    condition = (
      !contains(keys(google_pubsub_topic.relay), "release-events") &&
      local.functions["copy-artifact"].environment["RELEASE_EVENTS_TOPIC"] == "" &&
      !contains(keys(google_pubsub_topic_iam_member.publisher), "copy-artifact release-events") &&
      length(google_pubsub_subscription.release_events) + length(google_pubsub_subscription.release_events_table) == 0 &&
      length(google_service_account.release_events) == 0
    )
    error_message = "Without `release_events` there is nothing of it."
  }
}

run "has_a_topic_that_others_may_listen_to" {
  command = plan
  variables {
    release_events = {}
  }

  assert {
    condition = (
      google_pubsub_topic.relay["release-events"].name == "release-events" &&
      local.functions["copy-artifact"].environment["RELEASE_EVENTS_TOPIC"] == "projects/vendor-release/topics/release-events" &&
      google_pubsub_topic_iam_member.publisher["copy-artifact release-events"].role == "roles/pubsub.publisher" &&
      length(google_service_account.release_events) == 0
    )
    error_message = "copyArtifact must know the topic and be allowed to publish there."
  }
}

run "pushes_to_each_what_he_asked_for" {
  command = plan
  variables {
    release_events = {
      push = [
        { name = "chat", endpoint = "https://chat.example/in", filter = "attributes.type = \"dev.registry-relay.release.failed\"" },
        { name = "acme", endpoint = "https://hooks.acme.example/vendor", audience = "acme", target = "acme" },
        { name = "acme-failed", endpoint = "https://hooks.acme.example/failed", target = "acme", filter = "attributes.kind = \"image\" OR attributes.kind = \"object\"" },
        { name = "all", endpoint = "https://all.example" },
      ]
    }
  }

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.release_events : name => subscription.filter == null ? "" : subscription.filter
      } == {
      chat        = "(attributes.type = \"dev.registry-relay.release.failed\")"
      acme        = "attributes.target = \"acme\""
      acme-failed = "attributes.target = \"acme\" AND (attributes.kind = \"image\" OR attributes.kind = \"object\")"
      all         = ""
    }
    error_message = "A subscriber must get its own releases, and no others."
  }

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.release_events :
      name => "${subscription.push_config[0].push_endpoint} ${subscription.push_config[0].oidc_token[0].audience}"
      } == {
      chat        = "https://chat.example/in https://chat.example/in"
      acme        = "https://hooks.acme.example/vendor acme"
      acme-failed = "https://hooks.acme.example/failed https://hooks.acme.example/failed"
      all         = "https://all.example https://all.example"
    }
    error_message = "A token is for another audience than was asked for, else for the endpoint."
  }

  assert {
    condition = (
      alltrue([
        for subscription in google_pubsub_subscription.release_events :
        subscription.push_config[0].oidc_token[0].service_account_email == "relay-events@vendor-release.iam.gserviceaccount.com" &&
        subscription.topic == "release-events" && subscription.expiration_policy[0].ttl == ""
      ]) &&
      google_service_account_iam_member.release_events_token[0].member == "serviceAccount:service-123456789@gcp-sa-pubsub.iam.gserviceaccount.com" &&
      google_service_account_iam_member.release_events_token[0].service_account_id == "projects/vendor-release/serviceAccounts/relay-events@vendor-release.iam.gserviceaccount.com" &&
      output.release_events_account == "relay-events@vendor-release.iam.gserviceaccount.com"
    )
    error_message = "What is outside sees tokens of an account that may do more than this."
  }
}

run "lets_a_customer_read_his_own_and_nothing_else" {
  command = plan
  variables {
    release_events = {
      pull = [{ name = "acme", target = "acme", members = ["serviceAccount:r@acme-prod.iam.gserviceaccount.com", "group:ops@acme.example"] }]
    }
  }

  assert {
    condition = {
      for name, grant in google_pubsub_subscription_iam_member.release_events : name => "${grant.role} ${grant.subscription} ${grant.member}"
      } == {
      "acme serviceAccount:r@acme-prod.iam.gserviceaccount.com" = "roles/pubsub.subscriber release-events-acme serviceAccount:r@acme-prod.iam.gserviceaccount.com"
      "acme group:ops@acme.example"                             = "roles/pubsub.subscriber release-events-acme group:ops@acme.example"
    }
    error_message = "A grant is on more than the one subscription."
  }

  assert {
    condition = (
      google_pubsub_subscription.release_events["acme"].filter == "attributes.target = \"acme\"" &&
      length(google_pubsub_subscription.release_events["acme"].push_config) == 0 && length(google_service_account.release_events) == 0
    )
    error_message = "What is pulled is pushed, or not filtered."
  }
}

run "fills_a_table_of_all_releases" {
  command = plan
  variables {
    release_events = { bigquery = { location = "EU" } }
  }

  assert {
    condition = (
      google_pubsub_subscription.release_events_table["registry_relay"].bigquery_config[0].use_table_schema &&
      google_pubsub_subscription.release_events_table["registry_relay"].bigquery_config[0].drop_unknown_fields &&
      google_pubsub_subscription.release_events_table["registry_relay"].bigquery_config[0].table == "vendor-release.registry_relay.release_events"
    )
    error_message = "The subscription does not fill the table by its columns."
  }

  assert {
    condition = (
      google_bigquery_dataset.release_events["registry_relay"].location == "EU" &&
      jsondecode(google_bigquery_table.release_events["registry_relay"].schema) == jsondecode(file("../../release-events.bigquery.json")) &&
      google_bigquery_table.release_events["registry_relay"].time_partitioning[0].field == "time" &&
      google_bigquery_table.release_events["registry_relay"].deletion_protection
    )
    error_message = "The table has other columns than release events have fields, or goes with a destroy."
  }

  assert {
    condition = (
      toset(values(google_bigquery_table_iam_member.release_events)[*].role) == toset(["roles/bigquery.dataEditor", "roles/bigquery.metadataViewer"]) &&
      alltrue([for grant in google_bigquery_table_iam_member.release_events : grant.member == "serviceAccount:service-123456789@gcp-sa-pubsub.iam.gserviceaccount.com"]) &&
      contains(keys(google_project_service.main), "bigquery.googleapis.com")
    )
    error_message = "Pub/Sub may not write to the table, or to more than that."
  }
}

run "tells_of_known_targets_alone" {
  command = plan
  variables {
    release_events = { push = [{ name = "acne", endpoint = "https://acme.example", target = "acne" }] }
  }
  expect_failures = [var.release_events]
}

run "tells_nothing_by_an_empty_name" {
  command = plan
  variables {
    release_events = { push = [{ name = "acme", endpoint = "https://acme.example", target = "" }] }
  }
  expect_failures = [var.release_events]
}

run "tells_all_or_what_a_filter_says" {
  command = plan
  variables {
    release_events = { pull = [{ name = "acme", members = ["user:a@acme.example"], target = "acme", filter = " " }] }
  }
  expect_failures = [var.release_events]
}

run "tells_nobody_in_particular_nothing" {
  command = plan
  variables {
    release_events = { pull = [{ name = "acme", members = ["user:a@acme.example", "allAuthenticatedUsers"], target = "acme" }] }
  }
  expect_failures = [var.release_events]
}

run "tells_by_https_alone" {
  command = plan
  variables {
    release_events = { push = [{ name = "acme", endpoint = "http://acme.example" }] }
  }
  expect_failures = [var.release_events]
}

run "has_one_listener_of_a_name" {
  command = plan
  variables {
    release_events = {
      push = [{ name = "acme", endpoint = "https://acme.example" }]
      pull = [{ name = "acme", members = ["user:a@acme.example"] }]
    }
  }
  expect_failures = [var.release_events]
}

run "has_filters_that_pubsub_takes" {
  command = plan
  variables {
    release_events = { push = [{ name = "acme", endpoint = "https://acme.example", target = "acme", filter = join("", [for n in range(60) : "12345"]) }] }
  }
  expect_failures = [google_pubsub_subscription.release_events]
}
