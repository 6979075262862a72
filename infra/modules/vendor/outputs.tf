output "copier" {
  description = "Address of the account that writes to targets. Customers grant roles to it."
  value       = local.accounts["copy-artifact"].email

  depends_on = [google_service_account.function]
}

output "reconciler" {
  description = "Address of the account that compares targets with sources. Customers let it read."
  value       = local.accounts["reconcile"].email

  depends_on = [google_service_account.function]
}

output "project_number" {
  description = "Number of project_id, which is part of the addresses of Google's service agents."
  value       = local.project_number
}

output "network_project_number" {
  description = "Number of the project whose network the functions' calls come from, for customers' perimeters (vendor_project_number). With vpc.host_project that is the host, otherwise project_id."
  value       = try(data.google_project.host[0].number, local.project_number)
}

output "topics" {
  description = "Full names of the topics, to publish jobs by hand and for the command line."
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
  description = "Full names of the subscriptions, to pause, seek and replay."
  value = merge(
    { for name, subscription in google_pubsub_subscription.push : name => subscription.id },
    { dead-letters = google_pubsub_subscription.dead_letters.id },
  )

  depends_on = [google_pubsub_subscription_iam_member.dead_letter]
}

output "customer_grants" {
  description = "Commands that the customer of each Google target runs once. `terraform output -json customer_grants | jq -r '.[\"NAME\"]'`."
  value       = local.customer_grants
}

output "source_grants" {
  description = "Commands that the owner of each of foreign_sources runs once, and what the vendor does in between."
  value       = local.source_grants
}

output "attach_grants" {
  description = "Commands that the owner of each other source project runs once, so that this configuration may subscribe to its gcr topic. Replace APPLIER with the deployer."
  value = {
    for project in local.foreign_projects.image : project => join(" \\\n  ", [
      "gcloud pubsub topics add-iam-policy-binding gcr --project=${project}",
      "--member=APPLIER --role=roles/pubsub.subscriber",
    ])
  }
}

output "package" {
  description = "The current package of the functions: bucket, object and generation, for package_generation."
  value = {
    bucket     = google_storage_bucket.package.name
    object     = google_storage_bucket_object.package.name
    generation = local.function_config.generation
  }
}

output "release_events_account" {
  description = "Address of the account whose tokens pushed release events carry; receivers check it. Null if none are pushed."
  value       = try(local.accounts["release-events"].email, null)
}

output "receipts_public_key" {
  description = "Public key of receipts in PEM, for customers. Null if receipts are not signed."
  value       = try(data.google_kms_crypto_key_version.receipts[0].public_key[0].pem, null)
}
