output "customer_grants" {
  description = "What each customer runs once: text to send."
  value       = module.registry_relay.customer_grants
}
