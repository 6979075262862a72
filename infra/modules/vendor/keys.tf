# Google's agents use the key. Cloud Storage's is asked for, which makes it; the
# others are made when their services are switched on, or by the command that
# docs/deploy.md has, and no data source of this provider asks for them.

data "google_storage_project_service_account" "main" {
  count = try(var.kms.grant, false) ? 1 : 0

  project = var.project_id
}

resource "google_kms_crypto_key_iam_member" "main" {
  for_each = try(var.kms.grant, false) ? merge(local.agents, {
    storage = data.google_storage_project_service_account.main[0].member
  }) : {}

  crypto_key_id = var.kms.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value

  depends_on = [google_project_service.main]
}
