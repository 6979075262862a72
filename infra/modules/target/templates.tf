# Kubeflow pipeline templates: a repository of the format KFP.

resource "google_artifact_registry_repository" "templates" {
  #checkov:skip=CKV_GCP_84:kms_key is the customer's choice.
  count = var.create_templates == null ? 0 : 1

  project       = var.project_id
  location      = var.location
  repository_id = var.templates
  description   = var.create_templates.description
  format        = "KFP"
  labels        = var.create_templates.labels
  kms_key_name  = var.create_templates.kms_key

  # A destroy leaves the templates where they are.
  deletion_policy = "ABANDON"
}

resource "google_artifact_registry_repository_iam_member" "templates_writer" {
  count = var.templates == null ? 0 : 1

  project    = var.project_id
  location   = var.location
  repository = try(google_artifact_registry_repository.templates[0].repository_id, var.templates)
  role       = "roles/artifactregistry.writer"
  member     = local.writer
}

resource "google_artifact_registry_repository_iam_member" "templates_reader" {
  for_each = var.templates == null ? [] : local.readers

  project    = var.project_id
  location   = var.location
  repository = try(google_artifact_registry_repository.templates[0].repository_id, var.templates)
  role       = "roles/artifactregistry.reader"
  member     = each.key
}
