# Who is told what becomes of releases: each his own, and nobody unasked.

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
      !contains(keys(google_pubsub_topic.relay), "notices") &&
      local.functions["copy-artifact"].environment["NOTICES_TOPIC"] == "" &&
      !contains(keys(google_pubsub_topic_iam_member.publisher), "copy-artifact notices") &&
      length(google_pubsub_subscription.notices) + length(google_pubsub_subscription.notices_table) == 0 &&
      length(google_service_account.notices) == 0
    )
    error_message = "Without `notices` there is nothing of it."
  }
}

run "has_a_topic_that_others_may_listen_to" {
  command = plan
  variables {
    notices = {}
  }

  assert {
    condition = (
      google_pubsub_topic.relay["notices"].name == "notices" &&
      local.functions["copy-artifact"].environment["NOTICES_TOPIC"] == "projects/vendor-release/topics/notices" &&
      google_pubsub_topic_iam_member.publisher["copy-artifact notices"].role == "roles/pubsub.publisher" &&
      length(google_service_account.notices) == 0
    )
    error_message = "copyArtifact is not told of the topic, or may not publish there."
  }
}

run "pushes_to_each_what_he_asked_for" {
  command = plan
  variables {
    notices = {
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
      for name, subscription in google_pubsub_subscription.notices : name => subscription.filter == null ? "" : subscription.filter
      } == {
      chat        = "(attributes.type = \"dev.registry-relay.release.failed\")"
      acme        = "attributes.target = \"acme\""
      acme-failed = "attributes.target = \"acme\" AND (attributes.kind = \"image\" OR attributes.kind = \"object\")"
      all         = ""
    }
    error_message = "A listener is told of others' releases, or not of his own."
  }

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.notices :
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
        for subscription in google_pubsub_subscription.notices :
        subscription.push_config[0].oidc_token[0].service_account_email == "relay-notices@vendor-release.iam.gserviceaccount.com" &&
        subscription.topic == "notices" && subscription.expiration_policy[0].ttl == ""
      ]) &&
      google_service_account_iam_member.notices_token[0].member == "serviceAccount:service-123456789@gcp-sa-pubsub.iam.gserviceaccount.com" &&
      google_service_account_iam_member.notices_token[0].service_account_id == "projects/vendor-release/serviceAccounts/relay-notices@vendor-release.iam.gserviceaccount.com" &&
      output.notices_account == "relay-notices@vendor-release.iam.gserviceaccount.com"
    )
    error_message = "What is outside sees tokens of an account that may do more than this."
  }
}

run "lets_a_customer_read_his_own_and_nothing_else" {
  command = plan
  variables {
    notices = {
      pull = [{ name = "acme", target = "acme", members = ["serviceAccount:r@acme-prod.iam.gserviceaccount.com", "group:ops@acme.example"] }]
    }
  }

  assert {
    condition = {
      for name, grant in google_pubsub_subscription_iam_member.notices : name => "${grant.role} ${grant.subscription} ${grant.member}"
      } == {
      "acme serviceAccount:r@acme-prod.iam.gserviceaccount.com" = "roles/pubsub.subscriber notices-acme serviceAccount:r@acme-prod.iam.gserviceaccount.com"
      "acme group:ops@acme.example"                             = "roles/pubsub.subscriber notices-acme group:ops@acme.example"
    }
    error_message = "A grant is on more than the one subscription."
  }

  assert {
    condition = (
      google_pubsub_subscription.notices["acme"].filter == "attributes.target = \"acme\"" &&
      length(google_pubsub_subscription.notices["acme"].push_config) == 0 && length(google_service_account.notices) == 0
    )
    error_message = "What is pulled is pushed, or not filtered."
  }
}

run "fills_a_table_of_all_releases" {
  command = plan
  variables {
    notices = { bigquery = { location = "EU" } }
  }

  assert {
    condition = (
      google_pubsub_subscription.notices_table["registry_relay"].bigquery_config[0].use_table_schema &&
      google_pubsub_subscription.notices_table["registry_relay"].bigquery_config[0].drop_unknown_fields &&
      google_pubsub_subscription.notices_table["registry_relay"].bigquery_config[0].table == "vendor-release.registry_relay.notices"
    )
    error_message = "The subscription does not fill the table by its columns."
  }

  assert {
    condition = (
      google_bigquery_dataset.notices["registry_relay"].location == "EU" &&
      jsondecode(google_bigquery_table.notices["registry_relay"].schema) == jsondecode(file("../../notices.bigquery.json")) &&
      google_bigquery_table.notices["registry_relay"].time_partitioning[0].field == "time" &&
      google_bigquery_table.notices["registry_relay"].deletion_protection
    )
    error_message = "The table has other columns than notices have fields, or goes with a destroy."
  }

  assert {
    condition = (
      toset(values(google_bigquery_table_iam_member.notices)[*].role) == toset(["roles/bigquery.dataEditor", "roles/bigquery.metadataViewer"]) &&
      alltrue([for grant in google_bigquery_table_iam_member.notices : grant.member == "serviceAccount:service-123456789@gcp-sa-pubsub.iam.gserviceaccount.com"]) &&
      contains(keys(google_project_service.main), "bigquery.googleapis.com")
    )
    error_message = "Pub/Sub may not write to the table, or to more than that."
  }
}

run "tells_of_known_targets_alone" {
  command = plan
  variables {
    notices = { push = [{ name = "acne", endpoint = "https://acme.example", target = "acne" }] }
  }
  expect_failures = [var.notices]
}

run "tells_nothing_by_an_empty_name" {
  command = plan
  variables {
    notices = { push = [{ name = "acme", endpoint = "https://acme.example", target = "" }] }
  }
  expect_failures = [var.notices]
}

run "tells_all_or_what_a_filter_says" {
  command = plan
  variables {
    notices = { pull = [{ name = "acme", members = ["user:a@acme.example"], target = "acme", filter = " " }] }
  }
  expect_failures = [var.notices]
}

run "tells_nobody_in_particular_nothing" {
  command = plan
  variables {
    notices = { pull = [{ name = "acme", members = ["user:a@acme.example", "allAuthenticatedUsers"], target = "acme" }] }
  }
  expect_failures = [var.notices]
}

run "tells_by_https_alone" {
  command = plan
  variables {
    notices = { push = [{ name = "acme", endpoint = "http://acme.example" }] }
  }
  expect_failures = [var.notices]
}

run "has_one_listener_of_a_name" {
  command = plan
  variables {
    notices = {
      push = [{ name = "acme", endpoint = "https://acme.example" }]
      pull = [{ name = "acme", members = ["user:a@acme.example"] }]
    }
  }
  expect_failures = [var.notices]
}

run "has_filters_that_pubsub_takes" {
  command = plan
  variables {
    notices = { push = [{ name = "acme", endpoint = "https://acme.example", target = "acme", filter = join("", [for n in range(60) : "12345"]) }] }
  }
  expect_failures = [google_pubsub_subscription.notices]
}
