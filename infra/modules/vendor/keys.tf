# Google's agents use the key. Cloud Storage's is asked for, which makes it; the
# others are made when their services are switched on, and infra/bootstrap.sh asks
# for them. google_workload_identity_service_agent would, too, but who is made by it
# lacks the role that the service itself grants.

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
