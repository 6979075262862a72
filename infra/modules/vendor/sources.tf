# All functions read repositories: copyArtifact what it copies, reconcile what it
# compares; planCopies the manifest of a push by digest alone, to know whether it
# is a late signature or SBOM, and the tags of an upload of a template.

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
  member     = local.accounts[each.value.function].member
}

# A notification says all about an object, so planCopies does not read buckets.

locals {
  own_buckets = {
    for path, source in local.source_buckets : path => source
    if !contains(var.foreign_sources, path)
  }
  bucket_functions = [for name, function in local.functions : name if function.at_targets]
  bucket_readers = merge([
    for name in local.bucket_functions : {
      for path, source in local.own_buckets :
      "${name} ${path}" => { bucket = source.bucket, function = name }
    }
  ]...)
}

resource "google_storage_bucket_iam_member" "source" {
  for_each = local.bucket_readers

  bucket = each.value.bucket
  role   = "roles/storage.objectViewer"
  member = local.accounts[each.value.function].member
}

# A customer's own account reads what it copies, below the folder that a rule
# releases to it. It can list all names in the bucket: a list has no folder.

locals {
  folder_conditions = {
    for key, reader in local.readers : key => join(" || ", [
      "resource.name == \"projects/_/buckets/${reader.bucket}\"",
      "resource.name.startsWith(${jsonencode("projects/_/buckets/${reader.bucket}/objects/${reader.folder}/")})",
    ]) if reader.folder != ""
  }
  customer_readers = merge([
    for key, reader in local.readers : {
      for account in reader.accounts : "${account} ${key}" => merge(reader, { key = key, account = account })
    } if contains(keys(local.own_buckets), "gs://${reader.bucket}")
  ]...)
}

resource "google_storage_bucket_iam_member" "customer" {
  for_each = local.customer_readers

  bucket = each.value.bucket
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${each.value.account}"

  dynamic "condition" {
    for_each = [for key, expression in local.folder_conditions : expression if key == each.value.key]
    content {
      title       = "released"
      description = "What is below ${each.value.folder}/, and the names of all objects."
      expression  = condition.value
    }
  }
}
