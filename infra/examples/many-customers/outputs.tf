output "customer_grants" {
  description = "What each customer runs once: text to send."
  value       = module.registry_relay.customer_grants
}

output "receipts_public_key" {
  description = "What customers verify their receipts with."
  value       = module.registry_relay.receipts_public_key
}
