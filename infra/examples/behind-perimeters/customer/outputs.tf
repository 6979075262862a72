output "for_the_vendor" {
  description = "To send to the vendor, who writes it into rules.yaml."
  value       = module.vendor_images.rules_target
}
