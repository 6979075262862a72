# Objects: a bucket, which Cloud Storage copies to from the vendor's own.

resource "google_storage_bucket" "main" {
  #checkov:skip=CKV_GCP_62:Access is in the audit log, where the customer has that on.
  #checkov:skip=CKV_GCP_63:It logs to no bucket at all.
  #checkov:skip=CKV_GCP_78:versioning is the customer's choice; soft delete keeps what was replaced.
  count = var.create_bucket == null ? 0 : 1

  project = var.project_id
  name    = var.bucket
  # Cloud Storage has another name for one of Artifact Registry's locations.
  location = var.location == "europe" ? "eu" : var.location
  labels   = var.create_bucket.labels

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = var.create_bucket.versioning
  }

  soft_delete_policy {
    retention_duration_seconds = var.create_bucket.soft_delete_days * 86400
  }

  dynamic "encryption" {
    for_each = var.create_bucket.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  # A destroy leaves the objects where they are.
  deletion_policy = "ABANDON"
}

# To replace an object is to delete the one before, so nothing less will do; and
# so it is on this one bucket.
resource "google_storage_bucket_iam_member" "writer" {
  count = var.bucket == null ? 0 : 1

  bucket = try(google_storage_bucket.main[0].name, var.bucket)
  role   = "roles/storage.objectUser"
  member = local.writer
}

resource "google_storage_bucket_iam_member" "reader" {
  for_each = var.bucket == null ? [] : local.readers

  bucket = try(google_storage_bucket.main[0].name, var.bucket)
  role   = "roles/storage.objectViewer"
  member = each.key
}
