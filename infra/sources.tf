# Both functions read: copyArtifact what it copies, planCopies the manifest of a
# push by digest alone, to know whether it is a late signature or SBOM.

locals {
  source_readers = merge([
    for name in keys(local.functions) : {
      for path, source in local.sources :
      "${name} ${path}" => merge(source, { function = name })
      if !contains(var.foreign_sources, path)
    }
  ]...)
}

resource "google_artifact_registry_repository_iam_member" "source" {
  for_each = local.source_readers

  project    = each.value.project
  location   = each.value.location
  repository = each.value.repository
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.function[each.value.function].member
}
