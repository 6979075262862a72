output "rules_target" {
  description = "The entry of this customer below `targets:` in the vendor's rules.yaml."
  value = merge(
    { for name in var.repository[*] : "repository" => "${var.location}-docker.pkg.dev/${local.project_path}/${name}" },
    { for name in var.templates[*] : "templates" => "${var.location}-kfp.pkg.dev/${local.project_path}/${name}" },
    { for name in var.bucket[*] : "bucket" => "gs://${name}" },
    { for email in local.own_email[*] : "impersonate" => email },
  )

  # Not before it may be written to.
  depends_on = [
    google_artifact_registry_repository_iam_member.writer,
    google_artifact_registry_repository_iam_member.templates_writer,
    google_storage_bucket_iam_member.writer,
    google_service_account_iam_member.vendor,
    google_access_context_manager_service_perimeter_ingress_policy.main,
    google_access_context_manager_service_perimeter_egress_policy.main,
  ]
}

output "hub_grant" {
  description = "Command for the vendor, so that layers can be mounted from its repository. Set if hub has grant = false."
  value = try(var.hub.grant, true) ? null : join(" \\\n  ", [
    "gcloud artifacts repositories add-iam-policy-binding ${var.hub.repository}",
    "--project=${var.hub.project_id} --location=${var.hub.location}",
    "--member=${local.writer} --role=roles/artifactregistry.reader",
  ])
}
