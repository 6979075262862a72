# A customer's side: where the vendor's releases are written, by whom, and the
# way through the perimeter. This file has images; templates.tf and bucket.tf have
# what else the vendor releases.

locals {
  # In paths, a domain-scoped project is written with a slash.
  project_path = replace(var.project_id, ":", "/")
  places       = compact([var.repository, var.templates, var.bucket])
  copier       = "serviceAccount:${var.copier}"
  reconciler   = [for address in var.reconciler[*] : "serviceAccount:${address}"]
  # Of a new account in a domain-scoped project the provider foresees another
  # address than it gets, so this is made of what the account is given.
  own_email = one([
    for account in google_service_account.writer :
    "${account.account_id}@${join(".", reverse(split(":", var.project_id)))}.iam.gserviceaccount.com"
  ])
  # Who writes, as Artifact Registry, Cloud Storage and the perimeter see it.
  writer = local.own_email == null ? local.copier : "serviceAccount:${local.own_email}"
  # Who compares; with an account of our own, the vendor's do it as that.
  readers = toset(var.own_account == null ? local.reconciler : [])
}

resource "google_artifact_registry_repository" "main" {
  #checkov:skip=CKV_GCP_84:kms_key is the customer's choice.
  count = var.create_repository == null ? 0 : 1

  project                = var.project_id
  location               = var.location
  repository_id          = var.repository
  description            = var.create_repository.description
  format                 = "DOCKER"
  labels                 = var.create_repository.labels
  kms_key_name           = var.create_repository.kms_key
  cleanup_policy_dry_run = var.create_repository.clean_up_dry_run

  # The API leaves out what is false, and a block with nothing else never ends
  # to differ.
  dynamic "docker_config" {
    for_each = var.create_repository.immutable_tags ? [true] : []
    content {
      immutable_tags = docker_config.value
    }
  }

  dynamic "cleanup_policies" {
    for_each = var.create_repository.keep_newest[*]
    content {
      id     = "keep-newest"
      action = "KEEP"
      most_recent_versions {
        keep_count = cleanup_policies.value
      }
    }
  }

  dynamic "cleanup_policies" {
    for_each = var.create_repository.delete_older_than_days[*]
    content {
      id     = "delete-older"
      action = "DELETE"
      condition {
        older_than = "${cleanup_policies.value * 86400}s"
      }
    }
  }

  # A destroy leaves the images where they are.
  deletion_policy = "ABANDON"
}

resource "google_artifact_registry_repository_iam_member" "writer" {
  count = var.repository == null ? 0 : 1

  project    = var.project_id
  location   = var.location
  repository = try(google_artifact_registry_repository.main[0].repository_id, var.repository)
  role       = "roles/artifactregistry.writer"
  member     = local.writer
}

resource "google_artifact_registry_repository_iam_member" "reader" {
  for_each = var.repository == null ? [] : local.readers

  project    = var.project_id
  location   = var.location
  repository = try(google_artifact_registry_repository.main[0].repository_id, var.repository)
  role       = "roles/artifactregistry.reader"
  member     = each.key
}

resource "google_service_account" "writer" {
  count = var.own_account == null ? 0 : 1

  project      = var.project_id
  account_id   = var.own_account
  display_name = "Vendor's releases"
  description  = "Writes our vendor's releases to ${join(", ", local.places)}; ${var.copier} may act as it."
}

# What is released from a repository at the same host is mounted, without a byte
# on the way, if who writes here may read there.
resource "google_artifact_registry_repository_iam_member" "hub" {
  count = try(var.hub.grant, false) ? 1 : 0

  project    = var.hub.project_id
  location   = var.hub.location
  repository = var.hub.repository
  role       = "roles/artifactregistry.reader"
  member     = local.writer
}

# All that the vendor gets: to act as this account, which may write there.
resource "google_service_account_iam_member" "vendor" {
  for_each = toset(var.own_account == null ? [] : concat([local.copier], local.reconciler))

  service_account_id = "projects/${var.project_id}/serviceAccounts/${local.own_email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.key
}
