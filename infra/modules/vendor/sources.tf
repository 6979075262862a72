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

# A customer's own account reads what it copies: the folders that rules release to
# it. Each has a policy of its own, for a policy takes 1,500 principals, and one
# binding for all who read it. The condition is always true: it makes the binding
# ours, so that what others grant there is not replaced.

locals {
  own_readers = {
    for key, reader in local.readers : key => reader
    if contains(keys(local.own_buckets), "gs://${reader.bucket}")
  }
  folder_readers = { for key, reader in local.own_readers : key => reader if reader.folder != "" }
  # Other deployments may release from the same folder.
  readers_title = substr("${local.prefix}registry-relay of ${var.project_id}", 0, 100)
}

resource "google_storage_managed_folder" "source" {
  for_each = {
    for key, reader in local.folder_readers : key => reader
    if !contains(var.managed_folders, key)
  }

  bucket = each.value.bucket
  name   = "${each.value.folder}/"
  # The folder ends as a managed one; the objects in it stay.
  force_destroy = true
}

resource "google_storage_managed_folder_iam_binding" "customers" {
  for_each = local.folder_readers

  bucket         = each.value.bucket
  managed_folder = try(google_storage_managed_folder.source[each.key].name, "${each.value.folder}/")
  role           = "roles/storage.objectViewer"
  members        = formatlist("serviceAccount:%s", each.value.accounts)

  condition {
    title      = local.readers_title
    expression = "resource.name.startsWith(\"projects/_/buckets/${each.value.bucket}\")"
  }

  lifecycle {
    precondition {
      condition     = length(each.value.accounts) <= 1500
      error_message = "${each.key} is read by ${length(each.value.accounts)} accounts of customers, and a policy takes 1,500: release from several folders."
    }
  }
}

resource "google_storage_bucket_iam_binding" "customers" {
  for_each = { for key, reader in local.own_readers : key => reader if reader.folder == "" }

  bucket  = each.value.bucket
  role    = "roles/storage.objectViewer"
  members = formatlist("serviceAccount:%s", each.value.accounts)

  condition {
    title      = local.readers_title
    expression = "resource.name.startsWith(\"projects/_/buckets/${each.value.bucket}\")"
  }

  lifecycle {
    precondition {
      condition     = length(each.value.accounts) <= 1500
      error_message = "gs://${each.value.bucket} is read by ${length(each.value.accounts)} accounts of customers, and a policy takes 1,500: release from folders."
    }
  }
}
