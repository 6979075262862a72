output "customer_grants" {
  description = "What each customer runs once: text to send."
  value       = module.registry_relay.customer_grants
}

output "attach_grants" {
  description = "What the owners of the other projects run once, so that their gcr topics may be listened to."
  value       = module.registry_relay.attach_grants
}

output "source_grants" {
  description = "What the owners of the other sources run once, so that they may be read."
  value       = module.registry_relay.source_grants
}
