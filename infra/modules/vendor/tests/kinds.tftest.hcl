# Templates and objects next to images: how they are reported, who reads and who
# writes them, and what is not there where no rule releases such.

mock_provider "time" {}

mock_provider "google" {
  override_during = plan
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }
  mock_resource "google_pubsub_subscription" {
    defaults = { id = "projects/vendor-release/subscriptions/mocked" }
  }
  mock_resource "google_logging_project_sink" {
    defaults = { writer_identity = "serviceAccount:service-11@gcp-sa-logging.iam.gserviceaccount.com" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com" }
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
  rules_file    = "tests/fixtures/kinds/rules.yaml"
  package_file  = "tests/fixtures/kinds/relay.zip"
  docker_config = { secret = "registries" }
  bucket_projects = {
    vendor-labs-data = "vendor-labs"
  }
}

run "listens_to_each_kind_on_its_topic" {
  command = plan

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.push :
      name => "${subscription.topic} ${subscription.push_config[0].push_endpoint}"
      if startswith(subscription.push_config[0].push_endpoint, "https://plan-copies-")
      } == {
      plan-copies      = "projects/vendor-release/topics/gcr https://plan-copies-abc-uc.a.run.app/projects/vendor-release/topics/gcr"
      template-uploads = "projects/vendor-release/topics/template-uploads https://plan-copies-abc-uc.a.run.app/projects/vendor-release/topics/template-uploads"
      plan-retries     = "projects/vendor-release/topics/plan-retries https://plan-copies-abc-uc.a.run.app/projects/vendor-release/topics/plan-retries"
      object-changes   = "projects/vendor-release/topics/object-changes https://plan-copies-abc-uc.a.run.app/projects/vendor-release/topics/object-changes"
    }
    error_message = "planCopies gets the events of all kinds, each under its topic's path."
  }

  assert {
    condition = {
      for name, subscription in google_pubsub_subscription.push :
      name => subscription.filter if subscription.filter != null
    } == { object-changes = "attributes.eventType = \"OBJECT_FINALIZE\" OR attributes.eventType = \"OBJECT_METADATA_UPDATE\"" }
    error_message = "Of a bucket's notifications, new objects alone are delivered."
  }

  assert {
    condition = alltrue([
      for name in ["template-uploads", "object-changes"] :
      google_pubsub_subscription.push[name].dead_letter_policy[0].max_delivery_attempts == 40 &&
      google_pubsub_subscription.push[name].retain_acked_messages &&
      contains(keys(google_pubsub_subscription_iam_member.dead_letter), name) &&
      strcontains(google_monitoring_alert_policy.main["oldest-job"].conditions[0].condition_prometheus_query_language[0].query, name)
    ])
    error_message = "An event of a template or an object is worth as much as a push."
  }

  assert {
    condition     = output.attach_grants == {}
    error_message = "A project with templates or objects alone needs no gcr topic."
  }
}

run "hears_of_templates_by_the_audit_log" {
  command = plan

  assert {
    condition = {
      for project, sink in google_logging_project_sink.template_uploads :
      project => "${sink.project} ${sink.name} ${sink.destination} ${sink.unique_writer_identity}"
      } == {
      vendor-labs    = "vendor-labs relay-template-uploads pubsub.googleapis.com/projects/vendor-release/topics/template-uploads true"
      vendor-release = "vendor-release relay-template-uploads pubsub.googleapis.com/projects/vendor-release/topics/template-uploads true"
    }
    error_message = "Each project with templates has a sink to the one topic."
  }

  assert {
    condition     = google_logging_project_sink.template_uploads["vendor-labs"].filter == "protoPayload.serviceName=\"artifactregistry.googleapis.com\" AND protoPayload.methodName=~\"^Kfp-UploadPackage$|[.](UploadKfpArtifact|CreateTag|UpdateTag)$\" AND protoPayload.resourceName=~\"/locations/europe-west1/repositories/pipelines(/|$)\""
    error_message = "The sink must pass exactly the templates of the rules' repositories."
  }

  assert {
    condition = {
      for project, grant in google_pubsub_topic_iam_member.template_uploads :
      project => "${grant.role} ${grant.topic} ${grant.member}"
      } == {
      vendor-labs    = "roles/pubsub.publisher template-uploads serviceAccount:service-11@gcp-sa-logging.iam.gserviceaccount.com"
      vendor-release = "roles/pubsub.publisher template-uploads serviceAccount:service-11@gcp-sa-logging.iam.gserviceaccount.com"
    }
    error_message = "A sink cannot publish, or elsewhere, too."
  }

  assert {
    condition     = length(google_project_iam_audit_config.artifact_registry) == 0
    error_message = "What is authoritative is not set unasked."
  }
}

run "switches_the_log_on_where_it_is_told_to" {
  command = plan
  variables {
    audit_logs = ["vendor-labs"]
  }

  assert {
    condition = {
      for project, config in google_project_iam_audit_config.artifact_registry :
      project => "${config.service} ${join(",", config.audit_log_config[*].log_type)}"
    } == { vendor-labs = "artifactregistry.googleapis.com DATA_WRITE" }
    error_message = "Uploads are logged, in this project and for this service."
  }
}

run "switches_no_log_on_elsewhere" {
  command = plan
  variables {
    audit_logs = ["vendor-builds"]
  }
  expect_failures = [var.audit_logs]
}

run "hears_of_objects_by_their_buckets" {
  command = plan

  assert {
    condition = jsonencode({
      for path, notification in google_storage_notification.object_changes : path => [
        notification.bucket, notification.topic, notification.object_name_prefix,
        notification.event_types, notification.payload_format,
      ]
      }) == jsonencode({
      "gs://vendor-labs-data/"      = ["vendor-labs-data", "projects/vendor-release/topics/object-changes", null, ["OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE"], "JSON_API_V1"]
      "gs://vendor-models/released" = ["vendor-models", "projects/vendor-release/topics/object-changes", "released/", ["OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE"], "JSON_API_V1"]
    })
    error_message = "Each folder must be notified once, and no object outside of them."
  }

  assert {
    condition = {
      for project, grant in google_pubsub_topic_iam_member.object_changes :
      project => "${grant.role} ${grant.topic} ${grant.member}"
      } == {
      vendor-labs    = "roles/pubsub.publisher object-changes serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com"
      vendor-release = "roles/pubsub.publisher object-changes serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com"
    }
    error_message = "Cloud Storage of each project with buckets publishes on the one topic."
  }

  assert {
    condition     = keys(data.google_storage_project_service_account.source) == ["vendor-labs", "vendor-release"]
    error_message = "The agent is asked of the bucket's project."
  }
}

run "lets_the_functions_read_the_sources_of_every_kind" {
  command = plan

  assert {
    condition = keys(google_artifact_registry_repository_iam_member.source) == flatten([
      for name in ["copy-artifact", "plan-copies", "reconcile"] : [
        "${name} europe-west1-kfp.pkg.dev/vendor-labs/pipelines",
        "${name} us-central1-docker.pkg.dev/vendor-release/releases",
        "${name} us-kfp.pkg.dev/vendor-release/pipelines",
      ]
      ]) && alltrue([
      for grant in google_artifact_registry_repository_iam_member.source :
      grant.role == "roles/artifactregistry.reader" && contains(["pipelines", "releases"], grant.repository)
    ])
    error_message = "planCopies reads the tags of an upload, too."
  }

  assert {
    condition = {
      for name, grant in google_storage_bucket_iam_member.source :
      name => "${grant.role} ${grant.bucket} ${grant.member} ${length(grant.condition)}"
      } == {
      "copy-artifact gs://vendor-labs-data" = "roles/storage.objectViewer vendor-labs-data serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com 0"
      "copy-artifact gs://vendor-models"    = "roles/storage.objectViewer vendor-models serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com 0"
      "reconcile gs://vendor-labs-data"     = "roles/storage.objectViewer vendor-labs-data serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com 0"
      "reconcile gs://vendor-models"        = "roles/storage.objectViewer vendor-models serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com 0"
    }
    error_message = "A function reads a bucket that it needs not, or cannot read one."
  }
}

run "lets_a_customers_account_read_what_is_released_to_it" {
  command = plan

  assert {
    condition = {
      for folder, grant in google_storage_managed_folder_iam_binding.customers :
      folder => "${grant.role} ${grant.bucket} ${grant.managed_folder} ${join(",", grant.members)}"
      } == {
      "gs://vendor-models/released" = "roles/storage.objectViewer vendor-models released/ serviceAccount:image-release@identity.acme.example.iam.gserviceaccount.com"
    }
    error_message = "A copy runs as the customer's account, which reads that folder and no other."
  }

  assert {
    condition     = google_storage_managed_folder_iam_binding.customers["gs://vendor-models/released"].condition[0].title == "registry-relay of vendor-release"
    error_message = "A binding takes the place of one with its role and title: another project's deployment would take these grants away."
  }

  assert {
    condition     = keys(google_storage_managed_folder.source) == ["gs://vendor-models/released"] && google_storage_managed_folder.source["gs://vendor-models/released"].force_destroy
    error_message = "A destroy would stop at a folder that holds objects, which it leaves."
  }
}

run "uses_managed_folders_that_others_made" {
  command = plan
  variables {
    managed_folders = ["gs://vendor-models/released"]
  }

  assert {
    condition     = length(google_storage_managed_folder.source) == 0 && google_storage_managed_folder_iam_binding.customers["gs://vendor-models/released"].managed_folder == "released/"
    error_message = "A folder is made that is there."
  }
}

run "knows_the_folders_that_customers_read" {
  command = plan
  variables {
    managed_folders = ["gs://vendor-models/released/nightly"]
  }
  expect_failures = [var.managed_folders]
}

run "tells_customers_what_to_grant_for_each_kind" {
  command = plan

  assert {
    condition     = output.customer_grants["globex"] == <<-EOT
      # globex: lets releases be written to europe-docker.pkg.dev/globex-images/from-vendor, europe-kfp.pkg.dev/globex-ml/pipelines, gs://globex-data, and be compared; nothing else.
      # With Terraform, call the module infra/modules/target instead.
      gcloud artifacts repositories add-iam-policy-binding from-vendor \
        --project=globex-images --location=europe \
        --member=serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com \
        --role=roles/artifactregistry.writer
      gcloud artifacts repositories add-iam-policy-binding from-vendor \
        --project=globex-images --location=europe \
        --member=serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com \
        --role=roles/artifactregistry.reader
      gcloud artifacts repositories add-iam-policy-binding pipelines \
        --project=globex-ml --location=europe \
        --member=serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com \
        --role=roles/artifactregistry.writer
      gcloud artifacts repositories add-iam-policy-binding pipelines \
        --project=globex-ml --location=europe \
        --member=serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com \
        --role=roles/artifactregistry.reader
      gcloud storage buckets add-iam-policy-binding gs://globex-data \
        --member=serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com \
        --role=roles/storage.objectUser
      gcloud storage buckets add-iam-policy-binding gs://globex-data \
        --member=serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com \
        --role=roles/storage.objectViewer
      # Who may replace objects may delete them: let gs://globex-data hold nothing else.
    EOT
    error_message = "The vendor's accounts write and read each place, and nothing else."
  }

  assert {
    condition     = output.customer_grants["acme"] == <<-EOT
      # acme: lets releases be written to us-kfp.pkg.dev/acme-prod/pipelines, gs://acme-models, and be compared; nothing else.
      # With Terraform, call the module infra/modules/target instead.
      gcloud iam service-accounts add-iam-policy-binding image-release@identity.acme.example.iam.gserviceaccount.com \
        --member=serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com \
        --role=roles/iam.serviceAccountTokenCreator
      gcloud iam service-accounts add-iam-policy-binding image-release@identity.acme.example.iam.gserviceaccount.com \
        --member=serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com \
        --role=roles/iam.serviceAccountTokenCreator
      gcloud artifacts repositories add-iam-policy-binding pipelines \
        --project=acme-prod --location=us \
        --member=serviceAccount:image-release@identity.acme.example.iam.gserviceaccount.com \
        --role=roles/artifactregistry.writer
      gcloud storage buckets add-iam-policy-binding gs://acme-models \
        --member=serviceAccount:image-release@identity.acme.example.iam.gserviceaccount.com \
        --role=roles/storage.objectUser
      # Who may replace objects may delete them: let gs://acme-models hold nothing else.
      # A copy between buckets runs as one account, so this one must read gs://vendor-models, too: granted on our side.
    EOT
    error_message = "The customer's account writes, and reads the source's bucket."
  }

  assert {
    condition     = startswith(output.customer_grants["hooli"], "# hooli: lets releases be written to gs://hooli-data, and") && local.other_targets == ["hooli"]
    error_message = "A target may have a bucket at Google and images elsewhere."
  }
}

run "does_not_use_up_a_buckets_notifications" {
  command = plan
  variables {
    rules_file      = "tests/fixtures/many-folders/rules.yaml"
    package_file    = "tests/fixtures/many-folders/relay.zip"
    bucket_projects = {}
  }

  assert {
    condition = (
      keys(google_storage_notification.object_changes) == ["gs://vendor-all/", "gs://vendor-models/"] &&
      google_storage_notification.object_changes["gs://vendor-models/"].object_name_prefix == null
    )
    error_message = "With six folders the bucket must have one notification for everything."
  }

  assert {
    condition     = length(google_storage_managed_folder_iam_binding.customers) == 6 && google_storage_managed_folder.source["gs://vendor-models/f \"& f"].name == "f \"& f/"
    error_message = "A policy for each folder, whatever it is called."
  }

  assert {
    condition = {
      for key, grant in google_storage_bucket_iam_binding.customers :
      key => "${grant.role} ${grant.bucket} ${join(",", grant.members)} ${grant.condition[0].title}"
    } == { "gs://vendor-all/" = "roles/storage.objectViewer vendor-all serviceAccount:release@acme-prod.iam.gserviceaccount.com registry-relay of vendor-release" }
    error_message = "Of a whole bucket there is no folder to grant on."
  }
}

run "leaves_foreign_sources_to_their_owners" {
  command = plan
  variables {
    foreign_sources = ["europe-west1-kfp.pkg.dev/vendor-labs/pipelines", "gs://vendor-labs-data", "gs://vendor-models"]
  }

  assert {
    condition = (
      keys(google_logging_project_sink.template_uploads) == ["vendor-release"] &&
      length(google_storage_notification.object_changes) == 0 &&
      length(google_storage_bucket_iam_member.source) == 0 &&
      length(google_storage_managed_folder_iam_binding.customers) == 0 &&
      length(data.google_storage_project_service_account.source) == 0
    )
    error_message = "Something is changed, or asked, that others manage."
  }

  assert {
    condition = endswith(output.source_grants["europe-west1-kfp.pkg.dev/vendor-labs/pipelines"], <<-EOT
        --role=roles/artifactregistry.reader
      # Publishes uploads to us, if the project logs DATA_WRITE of artifactregistry.googleapis.com:
      gcloud logging sinks create relay-template-uploads \
        pubsub.googleapis.com/projects/vendor-release/topics/template-uploads \
        --project=vendor-labs \
        --log-filter='protoPayload.serviceName="artifactregistry.googleapis.com" AND protoPayload.methodName=~"^Kfp-UploadPackage$|[.](UploadKfpArtifact|CreateTag|UpdateTag)$" AND protoPayload.resourceName=~"/locations/europe-west1/repositories/pipelines(/|$)"'
      # Then on our side, with the identity that this has printed:
      gcloud pubsub topics add-iam-policy-binding projects/vendor-release/topics/template-uploads \
        --member=WRITER_IDENTITY --role=roles/pubsub.publisher
    EOT
    )
    error_message = "source_grants must have the sink for the owner of the templates."
  }

  assert {
    condition     = output.source_grants["gs://vendor-models"] == <<-EOT
      gcloud storage buckets add-iam-policy-binding gs://vendor-models \
        --member=serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com \
        --role=roles/storage.objectViewer
      gcloud storage buckets add-iam-policy-binding gs://vendor-models \
        --member=serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com \
        --role=roles/storage.objectViewer
      gcloud storage managed-folders create 'gs://vendor-models/released/'
      gcloud storage managed-folders add-iam-policy-binding 'gs://vendor-models/released/' \
        --member=serviceAccount:image-release@identity.acme.example.iam.gserviceaccount.com \
        --role=roles/storage.objectViewer
      # Publishes new objects to us; first on our side:
      gcloud pubsub topics add-iam-policy-binding projects/vendor-release/topics/object-changes \
        --member=serviceAccount:$(gcloud storage service-agent --project=vendor-release) \
        --role=roles/pubsub.publisher
      # Then:
      gcloud storage buckets notifications create gs://vendor-models \
        --topic=projects/vendor-release/topics/object-changes --skip-topic-setup \
        --event-types=OBJECT_FINALIZE,OBJECT_METADATA_UPDATE --payload-format=json
    EOT
    error_message = "source_grants must have the readers and the notification for the owner of the bucket."
  }
}

run "knows_the_sources_of_the_rules" {
  command = plan
  variables {
    foreign_sources = ["gs://vendor-models/released"]
  }
  expect_failures = [var.foreign_sources]
}

run "knows_the_buckets_of_the_rules" {
  command = plan
  variables {
    bucket_projects = { vendor-label-data = "vendor-labs" }
  }
  expect_failures = [var.bucket_projects]
}

run "has_nothing_for_kinds_that_no_rule_releases" {
  command = plan
  variables {
    rules_file      = "tests/fixtures/smallest/rules.yaml"
    package_file    = "tests/fixtures/smallest/relay.zip"
    bucket_projects = {}
  }

  assert {
    condition = (
      keys(google_pubsub_topic.relay) == ["copy-jobs", "copy-retries", "dead-letters", "plan-retries", "reconcile"] &&
      keys(google_pubsub_subscription.push) == ["copy-jobs", "copy-retries", "plan-copies", "plan-retries", "reconcile"] &&
      length(google_logging_project_sink.template_uploads) == 0 &&
      length(google_storage_notification.object_changes) == 0 &&
      length(google_storage_bucket_iam_member.source) == 0 &&
      length(google_pubsub_topic_iam_member.template_uploads) == 0 &&
      length(google_pubsub_topic_iam_member.object_changes) == 0
    )
    error_message = "Images alone need no more than before."
  }
}
