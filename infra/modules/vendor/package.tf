# What is deployed: the zip of `npm run package`. Its generation is the functions'
# source, so that a change of code or rules deploys all functions and nothing else
# does; the last ten are kept, to go back to.

resource "google_storage_bucket" "package" {
  #checkov:skip=CKV_GCP_63:It logs to no bucket at all.
  #checkov:skip=CKV_GCP_62:Access to one zip of public code is in the audit log.
  project  = var.project_id
  name     = "${replace(replace(var.project_id, ":", "-"), ".", "-")}-${local.prefix}relay-package"
  location = var.region
  labels   = var.labels

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  # Holds nothing that `npm run package` does not make again.
  force_destroy = true

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      num_newer_versions = 10
    }
    action {
      type = "Delete"
    }
  }

  dynamic "encryption" {
    for_each = var.kms[*]
    content {
      default_kms_key_name = encryption.value.key
    }
  }

  depends_on = [
    google_project_service.main,
    time_sleep.key,
  ]
}

resource "google_storage_bucket_object" "package" {
  bucket       = google_storage_bucket.package.name
  name         = "registry-relay.zip"
  source       = var.package_file
  content_type = "application/zip"

  # To tell one generation from another.
  metadata = {
    sha256       = try(local.package.sha256, "")
    rules-sha256 = try(local.package.rules.sha256, "")
  }

  # A new one takes its place, and the one before stays as a generation.
  deletion_policy = "ABANDON"

  lifecycle {
    precondition {
      condition     = try(local.package.rules.sha256, "") == filesha256(var.rules_file)
      error_message = "The package has other rules than ${var.rules_file}: run `npm run package` again."
    }
    precondition {
      condition     = can(local.package.rules.readers)
      error_message = "The package is of an older version: run `npm run package` again."
    }
    precondition {
      condition     = try(local.package.sha256, "") == filesha256(var.package_file)
      error_message = "The package and its .json file do not match: run `npm run package` again."
    }
  }
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.package.name
  role   = "roles/storage.objectViewer"
  member = local.accounts["build"].member
}

resource "google_artifact_registry_repository" "functions" {
  #checkov:skip=CKV_GCP_84:kms is a variable; the images are built of public code.
  project       = var.project_id
  location      = var.region
  repository_id = "${local.prefix}relay-functions"
  description   = "The functions' images, built by Cloud Build."
  format        = "DOCKER"
  labels        = var.labels
  kms_key_name  = try(var.kms.key, null)

  cleanup_policies {
    id     = "keep-the-last"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [
    google_project_service.main,
    time_sleep.key,
  ]
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = google_artifact_registry_repository.functions.location
  repository = google_artifact_registry_repository.functions.repository_id
  role       = "roles/artifactregistry.writer"
  member     = local.accounts["build"].member
}
