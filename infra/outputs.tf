output "copier" {
  description = "The account that writes to targets: customers grant to it."
  value       = module.vendor.copier
}

output "reconciler" {
  description = "The account that compares targets with the source: customers let it read."
  value       = module.vendor.reconciler
}

output "project_number" {
  description = "Number of project_id: addresses of Google's service agents hold it."
  value       = module.vendor.project_number
}

output "network_project_number" {
  description = "Number of the project whose network the functions' calls come from: customers' perimeters name it (vendor_project_number). With vpc.host_project that is the host, otherwise project_id."
  value       = module.vendor.network_project_number
}

output "topics" {
  description = "Full names of the topics: to publish a job by hand, and for the command line."
  value       = module.vendor.topics
}

output "functions" {
  description = "URL of each function."
  value       = module.vendor.functions
}

output "subscriptions" {
  description = "Full names of the subscriptions: to pause, seek and replay."
  value       = module.vendor.subscriptions
}

output "customer_grants" {
  description = "For each Google target, what its customer runs once: text to send. `terraform output -json customer_grants | jq -r '.[\"NAME\"]'`."
  value       = module.vendor.customer_grants
}

output "source_grants" {
  description = "For each of foreign_sources, what its owner runs once, and what our side does in between."
  value       = module.vendor.source_grants
}

output "attach_grants" {
  description = "For each other project that holds images to release, what its owner runs once so that this configuration may subscribe to its gcr topic; put in who applies."
  value       = module.vendor.attach_grants
}

output "package" {
  description = "The package that the functions run: bucket, object and generation, for package_generation."
  value       = module.vendor.package
}

output "notices_account" {
  description = "The account whose tokens pushed notices carry: who gets them checks for it. Null where none are pushed."
  value       = module.vendor.notices_account
}

output "receipts_public_key" {
  description = "PEM, for customers: receipts are verified with it. Null where they are not signed."
  value       = module.vendor.receipts_public_key
}
