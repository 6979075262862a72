# The deployment that people apply as it is: provider, state and variables around
# the module, which others call from configurations of their own.

module "vendor" {
  source = "./modules/vendor"

  project_id                = var.project_id
  region                    = var.region
  rules_file                = var.rules_file
  package_file              = var.package_file
  package_generation        = var.package_generation
  name_prefix               = var.name_prefix
  labels                    = var.labels
  foreign_sources           = var.foreign_sources
  managed_folders           = var.managed_folders
  bucket_projects           = var.bucket_projects
  audit_logs                = var.audit_logs
  service_accounts          = var.service_accounts
  deletion_protection       = var.deletion_protection
  plan_copies               = var.plan_copies
  copy_artifact             = var.copy_artifact
  reconcile                 = var.reconcile
  grant_propagation         = var.grant_propagation
  grace_seconds             = var.grace_seconds
  max_manifest_bytes        = var.max_manifest_bytes
  log_level                 = var.log_level
  docker_config             = var.docker_config
  vpc                       = var.vpc
  kms                       = var.kms
  signing                   = var.signing
  release_events            = var.release_events
  message_storage_policy    = var.message_storage_policy
  binary_authorization      = var.binary_authorization
  build_worker_pool         = var.build_worker_pool
  perimeter                 = var.perimeter
  notification_channels     = var.notification_channels
  runbook_url               = var.runbook_url
  latency_objective_seconds = var.latency_objective_seconds
}

provider "google" {
  project                     = var.project_id
  region                      = var.region
  impersonate_service_account = var.deployer

  # Where a person applies, Access Context Manager wants to know whose quota it
  # takes.
  user_project_override = true
  billing_project       = var.project_id
}
