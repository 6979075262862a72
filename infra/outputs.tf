output "copier" {
  description = "Address of the account that writes to targets. Customers grant roles to it."
  value       = module.vendor.copier
}

output "reconciler" {
  description = "Address of the account that compares targets with sources. Customers let it read."
  value       = module.vendor.reconciler
}

output "project_number" {
  description = "Number of project_id, which is part of the addresses of Google's service agents."
  value       = module.vendor.project_number
}

output "network_project_number" {
  description = "Number of the project whose network the functions' calls come from, for customers' perimeters (vendor_project_number). With vpc.host_project that is the host, otherwise project_id."
  value       = module.vendor.network_project_number
}

output "topics" {
  description = "Full names of the topics, to publish jobs by hand and for the command line."
  value       = module.vendor.topics
}

output "functions" {
  description = "URL of each function."
  value       = module.vendor.functions
}

output "subscriptions" {
  description = "Full names of the subscriptions, to pause, seek and replay."
  value       = module.vendor.subscriptions
}

output "customer_grants" {
  description = "Commands that the customer of each Google target runs once. `terraform output -json customer_grants | jq -r '.[\"NAME\"]'`."
  value       = module.vendor.customer_grants
}

output "source_grants" {
  description = "Commands that the owner of each of foreign_sources runs once, and what the vendor does in between."
  value       = module.vendor.source_grants
}

output "attach_grants" {
  description = "Commands that the owner of each other source project runs once, so that this configuration may subscribe to its gcr topic. Replace APPLIER with the deployer."
  value       = module.vendor.attach_grants
}

output "package" {
  description = "The current package of the functions: bucket, object and generation, for package_generation."
  value       = module.vendor.package
}

output "release_events_account" {
  description = "Address of the account whose tokens pushed release events carry; receivers check it. Null if none are pushed."
  value       = module.vendor.release_events_account
}

output "receipts_public_key" {
  description = "Public key of receipts in PEM, for customers. Null if receipts are not signed."
  value       = module.vendor.receipts_public_key
}
