# IAM is eventually consistent: Google may reject the use of a grant for a minute
# or more, and the provider retries neither a function nor a subscription. So what
# needs a grant seconds later waits. A wait is renewed when its triggers change:
# with the account that is granted to, or with the resource that the grant is on.

locals {
  # A new account of the same name has another id.
  account_ids = merge(
    {
      for account in concat(
        values(google_service_account.function), google_service_account.push, google_service_account.build,
      ) : account.account_id => account.unique_id
    },
    var.service_accounts,
  )
}

# Before the functions, and so before their subscriptions: builds and deliveries.
resource "time_sleep" "functions" {
  create_duration = var.grant_propagation
  triggers = merge(local.account_ids, {
    key        = try(var.kms.key, "") # A repository with another key is another one.
    region     = var.region
    secret     = jsonencode(var.docker_config)
    subnetwork = jsonencode(try(var.vpc.subnetwork, null))
  })

  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_artifact_registry_repository_iam_member.source,
    google_compute_subnetwork_iam_member.run,
    google_kms_crypto_key_iam_member.receipts,
    google_project_iam_member.build_log,
    google_project_iam_member.build_source,
    google_pubsub_topic_iam_member.dead_letter,
    google_pubsub_topic_iam_member.publisher,
    google_secret_manager_secret_iam_member.docker_config,
    google_service_account_iam_member.push_token,
    google_storage_bucket_iam_member.build,
    google_storage_bucket_iam_member.source,
  ]
}

# Before everything that is encrypted.
resource "time_sleep" "key" {
  count = length(google_kms_crypto_key_iam_member.main) > 0 ? 1 : 0

  create_duration = var.grant_propagation
  triggers        = { for name, grant in google_kms_crypto_key_iam_member.main : name => "${grant.member} ${grant.crypto_key_id}" }
}

# Before the notifications: Cloud Storage checks that its agent may publish.
resource "time_sleep" "notifications" {
  count = length(google_pubsub_topic_iam_member.object_changes) > 0 ? 1 : 0

  create_duration = var.grant_propagation
  triggers        = { for project, grant in google_pubsub_topic_iam_member.object_changes : project => "${grant.member} ${local.topics["object-changes"]}" }
}

# Before the subscriptions to release events: Pub/Sub checks that its agent may write to
# the table.
resource "time_sleep" "release_events" {
  count = local.publishes_release_events ? 1 : 0

  create_duration = var.grant_propagation
  triggers = merge(
    { for account in google_service_account.release_events : account.account_id => account.unique_id },
    { for table in google_bigquery_table.release_events : table.dataset_id => table.creation_time },
  )

  depends_on = [
    google_bigquery_table_iam_member.release_events,
    google_service_account_iam_member.release_events_token,
  ]
}
