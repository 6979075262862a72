# Rules are the one source of grants and of the customers' commands.

mock_provider "time" {}

mock_provider "google" {
  override_during = plan
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:mock-gcs@mock-project.iam.gserviceaccount.com" }
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
  project_id    = "vendor-release"
  region        = "us-central1"
  rules_file    = "tests/fixtures/everything/rules.yaml"
  package_file  = "tests/fixtures/everything/relay.zip"
  docker_config = { secret = "registries" }
}

run "reads_every_source_once" {
  command = plan

  assert {
    condition = { for name, source in local.sources : name => { for part, value in source : part => value if part != "bucket" } } == {
      "us-central1-docker.pkg.dev/vendor-release/releases" = {
        kind = "image", location = "us-central1", project = "vendor-release", repository = "releases", name = "us-central1-docker.pkg.dev/vendor-release/releases"
      }
      "europe-west1-docker.pkg.dev/vendor-labs/edge" = {
        kind = "image", location = "europe-west1", project = "vendor-labs", repository = "edge", name = "europe-west1-docker.pkg.dev/vendor-labs/edge"
      }
      "eu.gcr.io/vendor-legacy" = {
        kind = "image", location = "europe", project = "vendor-legacy", repository = "eu.gcr.io", name = "eu.gcr.io/vendor-legacy"
      }
    }
    error_message = "A source is missing, doubled or read wrong."
  }

  assert {
    condition     = length(google_artifact_registry_repository_iam_member.source) == 9 && alltrue([for grant in google_artifact_registry_repository_iam_member.source : grant.role == "roles/artifactregistry.reader"])
    error_message = "Each function reads each of the three sources, and may do no more there."
  }
}

run "listens_to_the_gcr_topic_of_every_source" {
  command = plan

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.push :
      name => "${subscription.project} ${subscription.topic} ${subscription.push_config[0].push_endpoint}"
      if startswith(name, "plan-copies")
      } == {
      plan-copies               = "vendor-release projects/vendor-release/topics/gcr https://plan-copies-abc-uc.a.run.app/projects/vendor-release/topics/gcr"
      plan-copies-vendor-labs   = "vendor-release projects/vendor-labs/topics/gcr https://plan-copies-abc-uc.a.run.app/projects/vendor-labs/topics/gcr"
      plan-copies-vendor-legacy = "vendor-release projects/vendor-legacy/topics/gcr https://plan-copies-abc-uc.a.run.app/projects/vendor-legacy/topics/gcr"
    }
    error_message = "Subscriptions live with the functions, topics where the sources are."
  }

  assert {
    condition     = keys(output.attach_grants) == ["vendor-labs", "vendor-legacy"]
    error_message = "attach_grants must have the command for the owners of other topics."
  }
}

run "grants_nothing_where_others_do" {
  command = plan
  variables {
    foreign_sources = ["eu.gcr.io/vendor-legacy"]
  }

  assert {
    condition     = length([for name in keys(google_artifact_registry_repository_iam_member.source) : name if endswith(name, "eu.gcr.io/vendor-legacy")]) == 0
    error_message = "A foreign source was granted."
  }

  assert {
    condition     = strcontains(output.source_grants["eu.gcr.io/vendor-legacy"], "add-iam-policy-binding eu.gcr.io \\\n  --project=vendor-legacy --location=europe")
    error_message = "attach_grants must have the command for its owner."
  }
}

run "tells_each_customer_its_grant" {
  command = plan

  assert {
    condition     = keys(output.customer_grants) == ["acme", "globex", "initech", "umbrella"]
    error_message = "Every Google target has a text, no other has."
  }

  assert {
    condition     = output.customer_grants["globex"] == <<-EOT
      # globex: lets releases be written to europe-docker.pkg.dev/globex-images/from-vendor, and be compared; nothing else.
      # With Terraform, call the module infra/modules/target instead.
      gcloud artifacts repositories add-iam-policy-binding from-vendor \
        --project=globex-images --location=europe \
        --member=serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com \
        --role=roles/artifactregistry.writer
      gcloud artifacts repositories add-iam-policy-binding from-vendor \
        --project=globex-images --location=europe \
        --member=serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com \
        --role=roles/artifactregistry.reader
    EOT
    error_message = "The vendor's account writes."
  }

  assert {
    condition     = output.customer_grants["acme"] == <<-EOT
      # acme: lets releases be written to us-docker.pkg.dev/acme-prod/vendor, and be compared; nothing else.
      # With Terraform, call the module infra/modules/target instead.
      gcloud iam service-accounts add-iam-policy-binding image-release@identity.acme.example.iam.gserviceaccount.com \
        --member=serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com \
        --role=roles/iam.serviceAccountTokenCreator
      gcloud iam service-accounts add-iam-policy-binding image-release@identity.acme.example.iam.gserviceaccount.com \
        --member=serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com \
        --role=roles/iam.serviceAccountTokenCreator
      gcloud artifacts repositories add-iam-policy-binding vendor \
        --project=acme-prod --location=us \
        --member=serviceAccount:image-release@identity.acme.example.iam.gserviceaccount.com \
        --role=roles/artifactregistry.writer
    EOT
    error_message = "The customer's account writes, and ours may act as it."
  }

  assert {
    condition     = strcontains(output.customer_grants["initech"], "binding us.gcr.io \\\n  --project=initech-prod --location=us") && strcontains(output.customer_grants["umbrella"], "binding vendor \\\n  --project=umbrella.example:images --location=us")
    error_message = "gcr.io names and domain-scoped projects are read wrong."
  }
}

run "gives_the_docker_config_to_who_goes_to_targets" {
  command = plan

  assert {
    condition     = keys(google_secret_manager_secret_iam_member.docker_config) == ["copy-artifact", "reconcile"]
    error_message = "planCopies goes to sources alone."
  }
}

run "asks_for_credentials_of_other_registries" {
  command = plan
  variables {
    docker_config = null
  }
  expect_failures = [var.docker_config]
}

run "refuses_a_package_of_other_rules" {
  command = plan
  variables {
    package_file = "tests/fixtures/smallest/relay.zip"
  }
  expect_failures = [google_storage_bucket_object.package]
}

run "refuses_a_package_that_does_not_say_what_it_needs" {
  command = plan
  variables {
    rules_file   = "tests/fixtures/older/rules.yaml"
    package_file = "tests/fixtures/older/relay.zip"
  }
  expect_failures = [google_storage_bucket_object.package]
}

run "listens_to_hubs_in_other_projects" {
  command = plan
  variables {
    rules_file   = "tests/fixtures/hubs/rules.yaml"
    package_file = "tests/fixtures/hubs/relay.zip"
  }

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.push :
      name => "${subscription.project} ${subscription.topic}"
      if startswith(name, "plan-copies")
      } == {
      plan-copies               = "vendor-release projects/vendor-release/topics/gcr"
      plan-copies-vendor-asia   = "vendor-release projects/vendor-asia/topics/gcr"
      plan-copies-vendor-europe = "vendor-release projects/vendor-europe/topics/gcr"
    }
    error_message = "The topic of a hub's project must be subscribed."
  }

  assert {
    condition     = keys(output.attach_grants) == ["vendor-asia", "vendor-europe"]
    error_message = "attach_grants must have the commands for the owners of hubs."
  }

  assert {
    condition = toset([
      for name, grant in google_artifact_registry_repository_iam_member.source : "${grant.project} ${grant.role}"
      ]) == toset([
      "vendor-release roles/artifactregistry.reader",
      "vendor-europe roles/artifactregistry.reader",
      "vendor-asia roles/artifactregistry.reader",
    ])
    error_message = "A hub is read as any source is."
  }
}
