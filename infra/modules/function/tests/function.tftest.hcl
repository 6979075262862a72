mock_provider "google" {
  override_during = plan
  mock_resource "google_cloudfunctions2_function" {
    defaults = { service_config = { uri = "https://copy-artifact-abc-uc.a.run.app" } }
  }
}

variables {
  name    = "copy-artifact"
  account = "copy-artifact@vendor-release.iam.gserviceaccount.com"
  config = {
    project           = "vendor-release"
    region            = "us-central1"
    labels            = {}
    entry_point       = "copyArtifact"
    environment       = { COPY_JOBS_TOPIC = "projects/vendor-release/topics/copy-jobs" }
    log_level         = "info"
    timeout           = 540
    bucket            = "vendor-release-relay-package"
    object            = "registry-relay.zip"
    generation        = 1700000000000001
    build_account     = "projects/vendor-release/serviceAccounts/relay-build@vendor-release.iam.gserviceaccount.com"
    docker_repository = "projects/vendor-release/locations/us-central1/repositories/relay-functions"
    invoker           = "serviceAccount:relay-push@vendor-release.iam.gserviceaccount.com"
    size              = { memory = "1Gi", cpu = "2", concurrency = 8, min_instances = 0, max_instances = 100 }
    docker_config     = { secret = "registries", version = "3" }
    vpc               = { network = "release", subnetwork = "functions", tags = [] }
  }
}

run "runs_closed_to_the_world" {
  command = plan

  assert {
    condition     = google_cloudfunctions2_function.main.build_config[0].source[0].storage_source[0].generation == 1700000000000001
    error_message = "Another package under the same name would not be deployed."
  }

  assert {
    condition     = google_cloudfunctions2_function.main.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "The function can be reached from outside."
  }

  assert {
    condition = (
      google_cloud_run_service_iam_member.invoker.role == "roles/run.invoker" &&
      google_cloud_run_service_iam_member.invoker.member == "serviceAccount:relay-push@vendor-release.iam.gserviceaccount.com" &&
      google_cloud_run_service_iam_member.invoker.service == "copy-artifact"
    )
    error_message = "Another account than the push account may call it."
  }
}

run "runs_the_package_on_a_supported_node" {
  command = plan

  assert {
    condition     = google_cloudfunctions2_function.main.build_config[0].runtime == "nodejs24" && google_cloudfunctions2_function.main.build_config[0].entry_point == "copyArtifact"
    error_message = "Another runtime or function."
  }

  assert {
    condition     = google_cloudfunctions2_function.main.service_config[0].timeout_seconds == 540 && length(google_cloudfunctions2_function.main.event_trigger) == 0
    error_message = "Our own subscription must be the trigger, with a deadline of 600 seconds."
  }
}

run "mounts_the_docker_config_where_it_says" {
  command = plan

  assert {
    condition = (
      google_cloudfunctions2_function.main.service_config[0].environment_variables["DOCKER_CONFIG"] ==
      google_cloudfunctions2_function.main.service_config[0].secret_volumes[0].mount_path &&
      google_cloudfunctions2_function.main.service_config[0].secret_volumes[0].versions[0].path == "config.json"
    )
    error_message = "DOCKER_CONFIG names a folder with config.json."
  }
}

run "sends_all_traffic_through_the_network" {
  command = plan

  assert {
    condition     = google_cloudfunctions2_function.main.service_config[0].direct_vpc_egress == "VPC_EGRESS_ALL_TRAFFIC"
    error_message = "Traffic that leaves elsewhere counts as outside a perimeter."
  }
}

run "never_runs_nowhere" {
  command = plan
  variables {
    config = {
      project           = "vendor-release"
      region            = "us-central1"
      labels            = {}
      entry_point       = "copyArtifact"
      environment       = {}
      log_level         = "info"
      timeout           = 540
      bucket            = "b"
      object            = "o"
      generation        = 1
      build_account     = "projects/p/serviceAccounts/b@p.iam.gserviceaccount.com"
      docker_repository = "projects/p/locations/us-central1/repositories/r"
      invoker           = "serviceAccount:relay-push@p.iam.gserviceaccount.com"
      size              = { memory = "1Gi", cpu = "1", concurrency = 1, min_instances = 0, max_instances = 0 }
    }
  }
  expect_failures = [var.config]
}

run "keeps_no_more_waiting_than_may_run" {
  command = plan
  variables {
    config = {
      project           = "vendor-release"
      region            = "us-central1"
      labels            = {}
      entry_point       = "copyArtifact"
      environment       = {}
      log_level         = "info"
      timeout           = 540
      bucket            = "b"
      object            = "o"
      generation        = 1
      build_account     = "projects/p/serviceAccounts/b@p.iam.gserviceaccount.com"
      docker_repository = "projects/p/locations/us-central1/repositories/r"
      invoker           = "serviceAccount:relay-push@p.iam.gserviceaccount.com"
      size              = { memory = "1Gi", cpu = "1", concurrency = 1, min_instances = 3, max_instances = 2 }
    }
  }
  expect_failures = [var.config]
}
