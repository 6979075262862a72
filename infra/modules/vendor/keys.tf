resource "google_kms_crypto_key_iam_member" "main" {
  for_each = try(var.kms.grant, false) ? local.agents : {}

  crypto_key_id = var.kms.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}
