# The smallest deployment: every message finds its function, and what fails
# finds its way.

mock_provider "time" {}

mock_provider "google" {
  override_during = plan
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com" }
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

run "pushes_to_the_function_under_the_topics_own_path" {
  command = plan

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.push :
      name => subscription.push_config[0].push_endpoint
      } == {
      plan-copies  = "https://plan-copies-abc-uc.a.run.app/projects/vendor-release/topics/gcr"
      copy-jobs    = "https://copy-artifact-abc-uc.a.run.app/projects/vendor-release/topics/copy-jobs"
      copy-retries = "https://copy-artifact-abc-uc.a.run.app/projects/vendor-release/topics/copy-retries"
      plan-retries = "https://plan-copies-abc-uc.a.run.app/projects/vendor-release/topics/plan-retries"
      reconcile    = "https://reconcile-abc-uc.a.run.app/projects/vendor-release/topics/reconcile"
    }
    error_message = "An endpoint is the function's run.app URL and the full name of the topic."
  }

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.push : name => subscription.topic
      } == {
      plan-copies  = "projects/vendor-release/topics/gcr"
      copy-jobs    = "projects/vendor-release/topics/copy-jobs"
      copy-retries = "projects/vendor-release/topics/copy-retries"
      plan-retries = "projects/vendor-release/topics/plan-retries"
      reconcile    = "projects/vendor-release/topics/reconcile"
    }
    error_message = "A subscription listens to another topic than its path says."
  }

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push :
      startswith(
        subscription.push_config[0].push_endpoint,
        "${subscription.push_config[0].oidc_token[0].audience}/projects/",
      ) &&
      subscription.push_config[0].oidc_token[0].service_account_email == local.accounts["push"].email
    ])
    error_message = "The audience is the URL without the path, and the caller the push account."
  }
}

run "gives_up_late_and_keeps_what_it_gave_up" {
  command = plan

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push :
      subscription.dead_letter_policy[0].dead_letter_topic == "projects/vendor-release/topics/dead-letters" &&
      subscription.retry_policy[0].minimum_backoff == "10s" &&
      subscription.retry_policy[0].maximum_backoff == "600s"
    ])
    error_message = "A subscription has no dead letters or another back-off."
  }

  assert {
    condition     = google_pubsub_subscription.push["copy-retries"].dead_letter_policy[0].max_delivery_attempts == 40
    error_message = "The retry queue is to last through hours of outage."
  }

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push :
      subscription.ack_deadline_seconds == 600 && subscription.ack_deadline_seconds > local.function_timeout
    ])
    error_message = "A message would come again while its function still runs."
  }

  assert {
    condition = alltrue([
      for subscription in concat(values(google_pubsub_subscription.push), [google_pubsub_subscription.dead_letters]) :
      subscription.expiration_policy[0].ttl == ""
    ])
    error_message = "A subscription expires."
  }

  assert {
    condition     = google_pubsub_subscription.push["copy-jobs"].retain_acked_messages && google_pubsub_subscription.push["copy-jobs"].message_retention_duration == "604800s"
    error_message = "A week of jobs is to be had again by seek."
  }

  assert {
    condition     = google_pubsub_subscription.dead_letters.message_retention_duration == "2678400s" && length(google_pubsub_subscription.dead_letters.push_config) == 0
    error_message = "Dead letters wait for a person, as long as Pub/Sub can."
  }

  assert {
    condition = (
      google_pubsub_topic_iam_member.dead_letter.member == "serviceAccount:service-123456789@gcp-sa-pubsub.iam.gserviceaccount.com" &&
      toset(keys(google_pubsub_subscription_iam_member.dead_letter)) == toset(keys(google_pubsub_subscription.push))
    )
    error_message = "Pub/Sub itself cannot move messages to the dead letters."
  }
}

run "each_function_publishes_what_it_must_and_no_more" {
  command = plan

  assert {
    condition = {
      for name, grant in google_pubsub_topic_iam_member.publisher :
      name => "${grant.role} ${grant.topic} ${grant.member}"
      } == {
      "copy-artifact copy-jobs"    = "roles/pubsub.publisher copy-jobs serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
      "copy-artifact copy-retries" = "roles/pubsub.publisher copy-retries serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
      "copy-artifact dead-letters" = "roles/pubsub.publisher dead-letters serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
      "plan-copies copy-jobs"      = "roles/pubsub.publisher copy-jobs serviceAccount:plan-copies@vendor-release.iam.gserviceaccount.com"
      "plan-copies dead-letters"   = "roles/pubsub.publisher dead-letters serviceAccount:plan-copies@vendor-release.iam.gserviceaccount.com"
      "plan-copies plan-retries"   = "roles/pubsub.publisher plan-retries serviceAccount:plan-copies@vendor-release.iam.gserviceaccount.com"
      "reconcile copy-jobs"        = "roles/pubsub.publisher copy-jobs serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"
      "reconcile dead-letters"     = "roles/pubsub.publisher dead-letters serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"
      "reconcile reconcile"        = "roles/pubsub.publisher reconcile serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"
    }
    error_message = "A function may publish to other topics than it uses."
  }

  assert {
    condition = {
      for name, grant in google_artifact_registry_repository_iam_member.source :
      name => "${grant.role} ${grant.project}/${grant.location}/${grant.repository} ${grant.member}"
      } == {
      "copy-artifact us-central1-docker.pkg.dev/vendor-release/releases" = "roles/artifactregistry.reader vendor-release/us-central1/releases serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
      "plan-copies us-central1-docker.pkg.dev/vendor-release/releases"   = "roles/artifactregistry.reader vendor-release/us-central1/releases serviceAccount:plan-copies@vendor-release.iam.gserviceaccount.com"
      "reconcile us-central1-docker.pkg.dev/vendor-release/releases"     = "roles/artifactregistry.reader vendor-release/us-central1/releases serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"
    }
    error_message = "The functions read the one source, and nothing else."
  }

  assert {
    condition     = google_service_account_iam_member.push_token.service_account_id == "projects/vendor-release/serviceAccounts/relay-push@vendor-release.iam.gserviceaccount.com"
    error_message = "Pub/Sub may make tokens of the push account alone."
  }
}

run "leaves_the_gcr_topic_alone" {
  command = plan

  assert {
    condition     = !contains(values(google_pubsub_topic.relay)[*].name, "gcr") && google_pubsub_subscription.push["plan-copies"].topic == "projects/vendor-release/topics/gcr"
    error_message = "The topic may exist, and outlives a destroy: it is listened to, and not managed."
  }
}

run "has_no_perimeter_unasked" {
  command = plan

  assert {
    condition     = length(google_access_context_manager_service_perimeter_egress_policy.main) == 0
    error_message = "The smallest deployment has no perimeter."
  }
}

run "compares_every_night" {
  command = plan

  assert {
    condition = (
      google_cloud_scheduler_job.main["reconcile"].schedule == "17 3 * * *" &&
      base64decode(google_cloud_scheduler_job.main["reconcile"].pubsub_target[0].data) == "{}"
    )
    error_message = "An empty part begins a comparison of everything."
  }
}

run "compares_only_when_asked" {
  command = plan
  variables {
    reconcile = { schedule = "" }
  }

  assert {
    condition     = length(google_cloud_scheduler_job.main) == 0 && google_pubsub_topic.relay["reconcile"].name == "reconcile"
    error_message = "Without a schedule there is no job, and a message still starts it."
  }
}

run "alerts_when_two_runs_in_a_row_find_drift" {
  command = plan

  assert {
    condition = google_monitoring_alert_policy.main["drift"].conditions[0].condition_prometheus_query_language[0].query == join(" and ", [
      "sum by (target, rule) (increase(logging_googleapis_com:user_relay_drift{monitored_resource=\"cloud_run_revision\"}[24h])) > 0",
      "sum by (target, rule) (increase(logging_googleapis_com:user_relay_drift{monitored_resource=\"cloud_run_revision\"}[24h] offset 24h)) > 0",
    ])
    error_message = "One run heals what it finds: the alert is for what the next finds again, of the same rule at the same target."
  }

  assert {
    condition = (
      toset(keys(google_logging_metric.main["drift"].label_extractors)) == toset(["target", "rule", "outcome", "reason"]) &&
      strcontains(google_logging_metric.main["drift"].filter, "jsonPayload.outcome=(\"drift\" OR \"unreachable\")")
    )
    error_message = "The metric lacks what the alert groups by, or leaves out targets that cannot be asked."
  }

  assert {
    condition     = google_monitoring_alert_policy.main["drift"].conditions[0].condition_prometheus_query_language[0].evaluation_interval == "600s"
    error_message = "What changes once a day need not be asked for every minute."
  }
}

run "counts_no_refused_delivery_as_an_error" {
  command = plan

  assert {
    condition = endswith(google_logging_metric.main["errors"].filter, join(" AND ", [
      "severity>=ERROR",
      "(jsonPayload.reason=\"bug\" OR NOT jsonPayload.outcome:*)",
      "NOT (log_id(\"run.googleapis.com/requests\") AND httpRequest.status=500)",
    ]))
    error_message = "The retry queue refuses on purpose, which the log of requests has as a 500, without an outcome."
  }
}

run "alerts_when_releases_are_held_for_more_than_a_day" {
  command = plan

  assert {
    condition = (
      strcontains(google_logging_metric.main["held"].filter, "jsonPayload.outcome=\"held\" AND jsonPayload.heldOverADay>0") &&
      toset(keys(google_logging_metric.main["held"].label_extractors)) == toset(["target", "rule"])
    )
    error_message = "The metric counts something else than reconcile writes."
  }

  assert {
    condition = (
      google_monitoring_alert_policy.main["held"].conditions[0].condition_prometheus_query_language[0].query ==
      "sum by (target, rule) (increase(logging_googleapis_com:user_relay_held{monitored_resource=\"cloud_run_revision\"}[24h])) > 0"
    )
    error_message = "Waiting messages must raise an alert."
  }

  assert {
    condition     = strcontains(google_logging_metric.main["unproven"].filter, "jsonPayload.proof.unproven:*")
    error_message = "Requirements that are not enforced must be counted."
  }
}

run "takes_no_release_that_waits_for_a_failing_target" {
  command = plan

  assert {
    condition = alltrue([for name in ["target-failing", "nothing-planned"] : strcontains(
      google_monitoring_alert_policy.main[name].conditions[0].condition_prometheus_query_language[0].query,
      "outcome=~\"refused|retrying|dead-lettered\",reason!~\"unproven|images-missing|halted|subject-untagged\"",
    )])
    error_message = "What is not signed yet raises an alert about a target, or about planCopies."
  }
}

run "hands_on_and_alerts_as_it_is_told" {
  command = plan
  variables {
    reconcile = {
      schedule       = "0 * * * *"
      hours_apart    = 1
      request_budget = 500
      part_seconds   = 60
    }
  }

  assert {
    condition = (
      local.functions["reconcile"].environment["REQUEST_BUDGET"] == "500" &&
      local.functions["reconcile"].environment["RECONCILE_SECONDS"] == "60"
    )
    error_message = "The function does not get its budget."
  }

  assert {
    condition = strcontains(
      google_monitoring_alert_policy.main["drift"].conditions[0].condition_prometheus_query_language[0].query,
      "[1h] offset 1h",
    )
    error_message = "The alert looks at other runs than there are."
  }
}

run "keeps_a_part_within_the_functions_time" {
  command = plan
  variables {
    reconcile = { part_seconds = 300 }
  }
  expect_failures = [var.reconcile]
}

run "compares_with_whole_numbers" {
  command = plan
  variables {
    reconcile = { hours_apart = 0.5 }
  }
  expect_failures = [var.reconcile]
}

run "keeps_the_accounts_that_customers_granted_to" {
  command = plan

  assert {
    condition     = alltrue([for account in google_service_account.function : account.deletion_policy == "PREVENT"])
    error_message = "Deleted or renamed, every customer's grant would be of no use, silently."
  }
}

run "gives_the_accounts_up_when_it_is_told" {
  command = plan
  variables {
    deletion_protection = false
  }

  assert {
    condition     = alltrue([for account in google_service_account.function : account.deletion_policy == "DELETE"])
    error_message = "The deployment could not be destroyed."
  }
}

run "uses_accounts_of_ones_own" {
  command = plan
  variables {
    service_accounts = {
      copy-artifact = "release@vendor-identity.iam.gserviceaccount.com"
      push          = "caller@vendor-release.iam.gserviceaccount.com"
      build         = "builder@ci.example.com.iam.gserviceaccount.com"
    }
  }

  assert {
    condition = (
      keys(google_service_account.function) == ["plan-copies", "reconcile"] &&
      length(google_service_account.push) == 0 && length(google_service_account.build) == 0
    )
    error_message = "An account is made that is there."
  }

  assert {
    condition = (
      output.copier == "release@vendor-identity.iam.gserviceaccount.com" &&
      google_pubsub_topic_iam_member.publisher["copy-artifact copy-jobs"].member == "serviceAccount:release@vendor-identity.iam.gserviceaccount.com" &&
      google_service_account_iam_member.push_token.service_account_id == "projects/vendor-release/serviceAccounts/caller@vendor-release.iam.gserviceaccount.com" &&
      local.function_config.build_account == "projects/example.com:ci/serviceAccounts/builder@ci.example.com.iam.gserviceaccount.com" &&
      strcontains(output.customer_grants["acme"], "release@vendor-identity.iam.gserviceaccount.com")
    )
    error_message = "A foreign account is granted, or asked to be."
  }
}

# The provider foresees other addresses, and an apply that began with them fails.
run "knows_the_accounts_of_a_domain_scoped_project" {
  command = plan
  variables {
    project_id = "example.com:vendor"
  }

  assert {
    condition = (
      google_pubsub_topic_iam_member.publisher["copy-artifact copy-jobs"].member == "serviceAccount:copy-artifact@vendor.example.com.iam.gserviceaccount.com" &&
      google_service_account_iam_member.push_token.service_account_id == "projects/example.com:vendor/serviceAccounts/relay-push@vendor.example.com.iam.gserviceaccount.com"
    )
    error_message = "In an address the project stands before its domain."
  }
}

run "knows_whose_accounts_it_takes" {
  command = plan
  variables {
    service_accounts = { copier = "release@vendor-identity.iam.gserviceaccount.com" }
  }
  expect_failures = [var.service_accounts]
}

run "takes_addresses_of_accounts" {
  command = plan
  variables {
    service_accounts = { push = "serviceAccount:push@vendor-release.iam.gserviceaccount.com" }
  }
  expect_failures = [var.service_accounts]
}

run "takes_one_account_for_one_purpose" {
  command = plan
  variables {
    service_accounts = {
      copy-artifact = "release@vendor-release.iam.gserviceaccount.com"
      reconcile     = "release@vendor-release.iam.gserviceaccount.com"
    }
  }
  expect_failures = [var.service_accounts]
}

run "keeps_the_packages_that_it_may_go_back_to" {
  command = plan

  assert {
    condition = (
      google_storage_bucket_object.package.name == "registry-relay.zip" &&
      google_storage_bucket_object.package.deletion_policy == "ABANDON" &&
      google_storage_bucket.package.versioning[0].enabled &&
      one(google_storage_bucket.package.lifecycle_rule[0].condition).num_newer_versions == 10
    )
    error_message = "A package is deleted before, or when, there is a new one."
  }
}

run "builds_with_as_little_as_it_takes" {
  command = plan

  assert {
    condition = [
      google_project_iam_member.build_log.role, google_project_iam_member.build_source.role,
      google_storage_bucket_iam_member.build.role, google_artifact_registry_repository_iam_member.build.role,
    ] == ["roles/logging.logWriter", "roles/storage.objectViewer", "roles/storage.objectViewer", "roles/artifactregistry.writer"]
    error_message = "It logs, reads its source and writes images."
  }

  assert {
    condition = alltrue([
      for member in [
        google_project_iam_member.build_log.member, google_project_iam_member.build_source.member,
        google_storage_bucket_iam_member.build.member, google_artifact_registry_repository_iam_member.build.member,
      ] : member == "serviceAccount:relay-build@vendor-release.iam.gserviceaccount.com"
    ])
    error_message = "Another account builds."
  }

  assert {
    condition     = google_project_iam_member.build_source.condition[0].expression == "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-123456789-\")"
    error_message = "Of the project's buckets it reads Cloud Functions' own."
  }
}

run "goes_back_without_a_build" {
  command = plan
  variables {
    package_generation = 1700000000000001
  }

  assert {
    condition     = output.package.generation == 1700000000000001 && local.function_config.generation == 1700000000000001
    error_message = "The functions must run the configured package."
  }
}

run "goes_back_to_a_generation_that_there_may_be" {
  command = plan
  variables {
    package_generation = 0
  }
  expect_failures = [var.package_generation]
}

run "uses_a_shared_network" {
  command = plan
  override_data {
    target = data.google_project.host[0]
    values = { number = "987654321" }
  }
  variables {
    vpc = {
      network      = "projects/vendor-network/global/networks/shared"
      subnetwork   = "projects/vendor-network/regions/us-central1/subnetworks/functions"
      host_project = "vendor-network"
    }
  }

  assert {
    condition = [
      for grant in values(google_compute_subnetwork_iam_member.run) :
      "${grant.role} ${grant.project}/${grant.region}/${grant.subnetwork} ${grant.member}"
    ] == ["roles/compute.networkUser vendor-network/us-central1/functions serviceAccount:service-123456789@serverless-robot-prod.iam.gserviceaccount.com"]
    error_message = "Cloud Run cannot use the host's subnetwork."
  }

  assert {
    condition     = output.network_project_number == "987654321" && output.project_number == "123456789"
    error_message = "Customers' perimeters must see the calls come from the host project."
  }
}

run "waits_for_its_grants" {
  command = plan

  assert {
    condition = (
      time_sleep.functions.create_duration == "90s" &&
      length(time_sleep.key) == 0 && length(time_sleep.notifications) == 0 && length(time_sleep.release_events) == 0
    )
    error_message = "An apply waits before the functions, and for nothing that is not configured."
  }
}

run "waits_a_time" {
  command = plan
  variables {
    grant_propagation = "a while"
  }
  expect_failures = [var.grant_propagation]
}

run "knows_the_host_of_a_shared_network" {
  command = plan
  variables {
    vpc = { network = "shared", subnetwork = "functions", host_project = "vendor-network" }
  }
  expect_failures = [var.vpc]
}

run "grants_nothing_on_its_own_network" {
  command = plan
  variables {
    vpc = {
      network    = "projects/vendor-release/global/networks/release"
      subnetwork = "projects/vendor-release/regions/us-central1/subnetworks/functions"
    }
  }

  assert {
    condition     = length(google_compute_subnetwork_iam_member.run) == 0 && output.network_project_number == output.project_number
    error_message = "Its own project's agents need no grant, and its calls come from there."
  }
}

run "switches_on_what_it_uses" {
  command = plan
  variables {
    binary_authorization = "default"
    kms                  = { key = "projects/keys/locations/us-central1/keyRings/r/cryptoKeys/k" }
    vpc                  = { network = "release", subnetwork = "functions" }
  }

  assert {
    condition = alltrue([
      for service in ["binaryauthorization", "cloudkms", "cloudscheduler", "compute"] :
      !google_project_service.main["${service}.googleapis.com"].disable_on_destroy
    ])
    error_message = "A policy, a key, a schedule and a network are named, and what serves them is off."
  }
}

run "switches_on_nothing_else" {
  command = plan
  variables {
    reconcile = { schedule = "" }
  }

  assert {
    condition = length(setsubtract(keys(google_project_service.main), [
      for service in [
        "artifactregistry", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "iam", "iamcredentials",
        "logging", "monitoring", "pubsub", "run", "serviceusage", "storage",
      ] : "${service}.googleapis.com"
    ])) == 0
    error_message = "The smallest deployment needs no more."
  }
}

run "signs_nothing_unasked" {
  command = plan

  assert {
    condition     = local.functions["copy-artifact"].environment["SIGNING_KEY"] == "" && length(google_kms_key_ring.receipts) == 0 && length(google_kms_crypto_key_iam_member.receipts) == 0 && output.receipts_public_key == null
    error_message = "A key is created without being configured."
  }
}

run "signs_receipts_with_a_key_of_its_own" {
  command = plan
  variables {
    signing     = {}
    name_prefix = "eu"
    labels      = { team = "release" }
  }

  assert {
    condition = (
      google_kms_key_ring.receipts[0].name == "eu-registry-relay" &&
      google_kms_key_ring.receipts[0].location == "us-central1" &&
      google_kms_crypto_key.receipts[0].purpose == "ASYMMETRIC_SIGN" &&
      google_kms_crypto_key.receipts[0].version_template[0].algorithm == "EC_SIGN_P256_SHA256" &&
      google_kms_crypto_key.receipts[0].version_template[0].protection_level == "SOFTWARE" &&
      google_kms_crypto_key.receipts[0].deletion_policy == "PREVENT" &&
      google_kms_crypto_key.receipts[0].labels["team"] == "release"
    )
    error_message = "It signs as cosign verifies, and a destroy does not take it along."
  }

  assert {
    condition     = local.functions["copy-artifact"].environment["SIGNING_KEY"] == "gcpkms://projects/vendor-release/locations/us-central1/keyRings/eu-registry-relay/cryptoKeys/receipts/cryptoKeyVersions/1"
    error_message = "copyArtifact must get the configured value."
  }

  assert {
    condition = (
      toset([for grant in google_kms_crypto_key_iam_member.receipts : grant.role]) == toset(["roles/cloudkms.signer", "roles/cloudkms.publicKeyViewer"]) &&
      alltrue([for grant in google_kms_crypto_key_iam_member.receipts : grant.member == "serviceAccount:eu-copy-artifact@vendor-release.iam.gserviceaccount.com"])
    )
    error_message = "copyArtifact alone signs, and may do nothing else with the key."
  }

  assert {
    condition     = google_project_service.main["cloudkms.googleapis.com"].disable_on_destroy == false
    error_message = "The service is on."
  }
}

run "signs_in_hardware_elsewhere_and_lets_go_when_it_is_told" {
  command = plan
  variables {
    signing             = { hsm = true, location = "europe-west3", key_ring = "second", version = 2 }
    deletion_protection = false
  }

  assert {
    condition = (
      google_kms_crypto_key.receipts[0].version_template[0].protection_level == "HSM" &&
      google_kms_crypto_key.receipts[0].deletion_policy == "DELETE" &&
      local.functions["copy-artifact"].environment["SIGNING_KEY"] == "gcpkms://projects/vendor-release/locations/europe-west3/keyRings/second/cryptoKeys/receipts/cryptoKeyVersions/2"
    )
    error_message = "It is where and what was asked for."
  }
}

run "signs_with_a_key_that_exists" {
  command = plan
  variables {
    signing = { key = "projects/keys/locations/global/keyRings/r/cryptoKeys/k", grant = false }
  }

  assert {
    condition = (
      length(google_kms_crypto_key.receipts) == 0 &&
      length(google_kms_crypto_key_iam_member.receipts) == 0 &&
      local.functions["copy-artifact"].environment["SIGNING_KEY"] == "gcpkms://projects/keys/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
    )
    error_message = "It is used, and left to its owner."
  }
}

run "knows_a_key_by_its_name" {
  command = plan
  variables {
    signing = { key = "projects/keys/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1" }
  }
  expect_failures = [var.signing]
}

run "makes_a_key_or_takes_one" {
  command = plan
  variables {
    signing = { key = "projects/keys/locations/global/keyRings/r/cryptoKeys/k", hsm = true }
  }
  expect_failures = [var.signing]
}

run "keeps_messages_where_it_is_told" {
  command = plan
  variables {
    message_storage_policy = { regions = ["europe-west1", "europe-west4"], enforce_in_transit = true }
  }

  assert {
    condition = alltrue([
      for topic in google_pubsub_topic.relay :
      topic.message_storage_policy[0].allowed_persistence_regions == toset(["europe-west1", "europe-west4"]) &&
      topic.message_storage_policy[0].enforce_in_transit
    ])
    error_message = "A topic keeps messages elsewhere."
  }
}

run "keeps_messages_somewhere" {
  command = plan
  variables {
    message_storage_policy = { regions = [] }
  }
  expect_failures = [var.message_storage_policy]
}

run "prefixes_every_name" {
  command = plan
  variables {
    name_prefix = "staging"
  }

  assert {
    condition = (
      google_pubsub_topic.relay["copy-jobs"].name == "staging-copy-jobs" &&
      google_pubsub_subscription.push["plan-copies"].name == "staging-plan-copies" &&
      google_service_account.function["copy-artifact"].account_id == "staging-copy-artifact" &&
      google_storage_bucket.package.name == "vendor-release-staging-relay-package" &&
      google_logging_metric.main["outcomes"].name == "staging_relay_outcomes"
    )
    error_message = "A name lacks the prefix."
  }

  assert {
    condition     = google_pubsub_subscription.push["copy-retries"].push_config[0].push_endpoint == "https://copy-artifact-abc-uc.a.run.app/projects/vendor-release/topics/staging-copy-retries"
    error_message = "The function knows the retry queue by its full name in the path."
  }

  assert {
    condition     = google_pubsub_subscription.push["plan-copies"].topic == "projects/vendor-release/topics/gcr"
    error_message = "Artifact Registry knows one name only."
  }
}

run "keeps_a_copy_within_the_functions_time" {
  command = plan
  variables {
    copy_artifact = { copy_timeout = 500 }
  }
  expect_failures = [var.copy_artifact]
}

# What the functions would refuse to start with, and what would mean something else.
run "takes_no_number_that_the_functions_refuse" {
  command = plan
  variables {
    copy_artifact             = { blob_concurrency = 0 }
    reconcile                 = { part_seconds = 1.5 }
    grace_seconds             = 90.5
    max_manifest_bytes        = 5000.5
    latency_objective_seconds = 0
  }
  expect_failures = [
    var.copy_artifact, var.reconcile, var.grace_seconds,
    var.max_manifest_bytes, var.latency_objective_seconds,
  ]
}
