# The key in Cloud KMS that signs receipts, created here or existing. Only
# copyArtifact is granted to sign and to read the public key.

locals {
  signs     = var.signing != null
  makes_key = local.signs && try(var.signing.key, null) == null
  # Written out, for what this configuration switches on depends on the functions,
  # and the key on that. The name of a key ring is taken for good, by one that a
  # destroy leaves, too.
  key_location = try(coalesce(var.signing.location, var.region), "")
  key_ring     = try(coalesce(var.signing.key_ring, "${local.prefix}registry-relay"), "")
  signing_key = local.makes_key ? join("/", [
    "projects/${var.project_id}/locations/${local.key_location}",
    "keyRings/${local.key_ring}/cryptoKeys/receipts",
  ]) : try(var.signing.key, null)
}

resource "google_kms_key_ring" "receipts" {
  count = local.makes_key ? 1 : 0

  project  = var.project_id
  location = local.key_location
  name     = local.key_ring

  depends_on = [google_project_service.main]
}

resource "google_kms_crypto_key" "receipts" {
  #checkov:skip=CKV_GCP_82:deletion_policy protects it, which a variable can take away.
  #checkov:skip=CKV_GCP_43:what was signed must stay verifiable: a new version is a decision, see docs/deploy-options.md.
  count = local.makes_key ? 1 : 0

  key_ring = google_kms_key_ring.receipts[0].id
  name     = "receipts"
  purpose  = "ASYMMETRIC_SIGN"
  labels   = var.labels

  version_template {
    algorithm        = "EC_SIGN_P256_SHA256"
    protection_level = var.signing.hsm ? "HSM" : "SOFTWARE"
  }

  # With the key goes the means to sign as before; what is signed stays verifiable.
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"
}

resource "google_kms_crypto_key_iam_member" "receipts" {
  for_each = try(var.signing.grant, false) ? toset(["roles/cloudkms.signer", "roles/cloudkms.publicKeyViewer"]) : []

  crypto_key_id = local.signing_key
  role          = each.key
  member        = local.accounts["copy-artifact"].member

  depends_on = [google_kms_crypto_key.receipts]
}

data "google_kms_crypto_key_version" "receipts" {
  count = local.signs ? 1 : 0

  crypto_key = local.signing_key
  version    = var.signing.version

  depends_on = [google_project_service.main, google_kms_crypto_key.receipts]

  lifecycle {
    postcondition {
      condition     = self.algorithm == "EC_SIGN_P256_SHA256"
      error_message = "signing.key is a key for ${self.algorithm}: receipts are signed with EC_SIGN_P256_SHA256."
    }
  }
}
