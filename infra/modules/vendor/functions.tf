# copyArtifact comes first: a rule must be known where it is enforced before it
# is known where jobs are made.

module "copy_artifact" {
  source = "../function"

  name    = "${local.prefix}copy-artifact"
  account = local.accounts["copy-artifact"].email
  config = merge(local.function_config, local.functions["copy-artifact"], {
    docker_config = var.docker_config
  })

  # The build needs its grants, and the first job needs those of the function.
  depends_on = [time_sleep.functions]
}

module "planner" {
  source   = "../function"
  for_each = { for name, function in local.functions : name => function if name != "copy-artifact" }

  name    = "${local.prefix}${each.key}"
  account = local.accounts[each.key].email
  config = merge(local.function_config, each.value, {
    docker_config = each.value.at_targets ? var.docker_config : null
  })

  depends_on = [module.copy_artifact]
}

locals {
  function_config = {
    project              = var.project_id
    region               = var.region
    labels               = var.labels
    build_account        = local.accounts["build"].name
    build_worker_pool    = var.build_worker_pool
    docker_repository    = google_artifact_registry_repository.functions.id
    bucket               = google_storage_bucket.package.name
    object               = google_storage_bucket_object.package.name
    generation           = coalesce(var.package_generation, google_storage_bucket_object.package.generation)
    timeout              = local.function_timeout
    log_level            = var.log_level
    invoker              = local.accounts["push"].member
    kms_key              = try(var.kms.key, null)
    vpc                  = var.vpc
    binary_authorization = var.binary_authorization
  }
  function_uris = merge(
    { copy-artifact = module.copy_artifact.uri },
    { for name, planner in module.planner : name => planner.uri },
  )
}

resource "google_secret_manager_secret_iam_member" "docker_config" {
  for_each = toset(var.docker_config == null ? [] : [
    for name, function in local.functions : name if function.at_targets
  ])

  project   = coalesce(var.docker_config.project, var.project_id)
  secret_id = var.docker_config.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = local.accounts[each.key].member
}
