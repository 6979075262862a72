resource "google_cloudfunctions2_function" "main" {
  project      = var.config.project
  location     = var.config.region
  name         = var.name
  description  = "registry-relay: ${var.config.entry_point}"
  labels       = var.config.labels
  kms_key_name = var.config.kms_key

  build_config {
    runtime           = "nodejs24"
    entry_point       = var.config.entry_point
    service_account   = var.config.build_account
    worker_pool       = var.config.build_worker_pool
    docker_repository = var.config.docker_repository

    source {
      storage_source {
        bucket     = var.config.bucket
        object     = var.config.object
        generation = var.config.generation
      }
    }

    # Security patches of the runtime arrive without a deployment. They matter
    # more than the compile cache, which serves only the Node of the build. The
    # function logs at its start whether it found a cache.
    automatic_update_policy {}
  }

  service_config {
    service_account_email            = var.account
    available_memory                 = var.config.size.memory
    available_cpu                    = var.config.size.cpu
    max_instance_request_concurrency = var.config.size.concurrency
    min_instance_count               = var.config.size.min_instances
    max_instance_count               = var.config.size.max_instances
    timeout_seconds                  = var.config.timeout
    all_traffic_on_latest_revision   = true
    binary_authorization_policy      = var.config.binary_authorization

    # Pub/Sub of this project still reaches it; nothing else outside does.
    ingress_settings = "ALLOW_INTERNAL_ONLY"

    environment_variables = merge(
      var.config.environment,
      { LOG_LEVEL = var.config.log_level, LOG_EXECUTION_ID = "true" },
      var.config.docker_config == null ? {} : { DOCKER_CONFIG = local.docker_config_folder },
    )

    dynamic "secret_volumes" {
      for_each = var.config.docker_config[*]
      content {
        mount_path = local.docker_config_folder
        project_id = coalesce(secret_volumes.value.project, var.config.project)
        secret     = secret_volumes.value.secret
        versions {
          version = secret_volumes.value.version
          path    = "config.json"
        }
      }
    }

    direct_vpc_egress = var.config.vpc == null ? null : "VPC_EGRESS_ALL_TRAFFIC"

    dynamic "direct_vpc_network_interface" {
      for_each = var.config.vpc[*]
      content {
        network    = direct_vpc_network_interface.value.network
        subnetwork = direct_vpc_network_interface.value.subnetwork
        tags       = direct_vpc_network_interface.value.tags
      }
    }
  }
}

locals {
  docker_config_folder = "/etc/registry-relay"
}

# The one who may call it. The service below a function has its name.
resource "google_cloud_run_service_iam_member" "invoker" {
  project  = var.config.project
  location = var.config.region
  service  = google_cloudfunctions2_function.main.name
  role     = "roles/run.invoker"
  member   = var.config.invoker

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.main.id]
  }
}
