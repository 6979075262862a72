output "copier" {
  description = "The account that writes to targets: customers grant to it."
  value       = local.accounts["copy-artifact"].email

  depends_on = [google_service_account.function]
}

output "reconciler" {
  description = "The account that compares targets with the source: customers let it read."
  value       = local.accounts["reconcile"].email

  depends_on = [google_service_account.function]
}

output "project_number" {
  description = "Number of project_id: addresses of Google's service agents hold it."
  value       = local.project_number
}

output "network_project_number" {
  description = "Number of the project whose network the functions' calls come from: customers' perimeters name it (vendor_project_number). With vpc.host_project that is the host, otherwise project_id."
  value       = try(data.google_project.host[0].number, local.project_number)
}

output "topics" {
  description = "Full names of the topics: to publish a job by hand, and for the command line."
  value       = local.topics

  depends_on = [
    google_pubsub_topic.relay,
    google_pubsub_topic_iam_member.publisher,
  ]
}

output "functions" {
  description = "URL of each function."
  value       = local.function_uris
}

output "subscriptions" {
  description = "Full names of the subscriptions: to pause, seek and replay."
  value = merge(
    { for name, subscription in google_pubsub_subscription.push : name => subscription.id },
    { dead-letters = google_pubsub_subscription.dead_letters.id },
  )

  depends_on = [google_pubsub_subscription_iam_member.dead_letter]
}

output "customer_grants" {
  description = "For each Google target, what its customer runs once: text to send. `terraform output -json customer_grants | jq -r '.[\"NAME\"]'`."
  value       = local.customer_grants
}

output "source_grants" {
  description = "For each of foreign_sources, what its owner runs once, and what our side does in between."
  value       = local.source_grants
}

output "attach_grants" {
  description = "For each other project that holds images to release, what its owner runs once so that this configuration may subscribe to its gcr topic; put in who applies."
  value = {
    for project in local.foreign_projects.image : project => join(" \\\n  ", [
      "gcloud pubsub topics add-iam-policy-binding gcr --project=${project}",
      "--member=APPLIER --role=roles/pubsub.subscriber",
    ])
  }
}

output "package" {
  description = "The package that the functions run: bucket, object and generation, for package_generation."
  value = {
    bucket     = google_storage_bucket.package.name
    object     = google_storage_bucket_object.package.name
    generation = local.function_config.generation
  }
}

output "notices_account" {
  description = "The account whose tokens pushed notices carry: who gets them checks for it. Null where none are pushed."
  value       = try(local.accounts["notices"].email, null)
}

output "receipts_public_key" {
  description = "PEM, for customers: receipts are verified with it. Null where they are not signed."
  value       = try(data.google_kms_crypto_key_version.receipts[0].public_key[0].pem, null)
}
