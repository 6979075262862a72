output "rules_target" {
  description = "What the vendor writes below `targets:` in rules.yaml, under this customer's name."
  value = merge(
    { repository = "${var.location}-docker.pkg.dev/${replace(var.project_id, ":", "/")}/${var.repository}" },
    { for account in google_service_account.writer : "impersonate" => account.email },
  )

  # Not before it may be written to.
  depends_on = [
    google_artifact_registry_repository_iam_member.writer,
    google_service_account_iam_member.vendor,
    google_access_context_manager_service_perimeter_ingress_policy.main,
  ]
}
