# rules.yaml is the one source: whom to grant what follows from it. What it comes
# to is in the package's .json, found by the functions' own parser; this file
# only adds the projects of buckets, whose names do not tell.

locals {
  package = try(jsondecode(file("${trimsuffix(var.package_file, ".zip")}.json")), {})

  # Nothing, where an older version wrote it: which package.tf refuses.
  rules = {
    for part in ["kinds", "sources", "buckets", "targets", "readers"] :
    part => try(local.package.rules[part], [])
  }
  kinds = toset(local.rules.kinds)

  # Repositories and buckets that releases come from, by name.
  sources = { for source in local.rules.sources : source.name => source }
  source_buckets = {
    for source in local.rules.buckets : "gs://${source.bucket}" => {
      bucket  = source.bucket
      folders = source.folders
      project = lookup(var.bucket_projects, source.bucket, var.project_id)
    }
  }
  source_projects = {
    image    = toset([for source in values(local.sources) : source.project if source.kind == "image"])
    template = toset([for source in values(local.sources) : source.project if source.kind == "template"])
    object   = toset([for source in values(local.source_buckets) : source.project])
  }

  # What each target takes, where that is Google's.
  targets = {
    for target in local.rules.targets : target.target => merge(target, {
      places = [
        for place in target.places : merge(place, {
          project = place.bucket == null ? place.project : lookup(var.bucket_projects, place.bucket, null)
        })
        if place.bucket != null || place.project != null
      ]
    })
  }
  other_targets = [
    for target in local.rules.targets : target.target
    if length([for place in target.places : place if place.bucket == null && place.project == null]) > 0
  ]
  places = flatten([
    for target in values(local.targets) : [
      for place in target.places : merge(place, { impersonate = target.impersonate })
    ]
  ])

  bucket_names = concat(
    local.rules.buckets[*].bucket,
    flatten([for target in local.rules.targets : compact(target.places[*].bucket)]),
  )

  # Customers' own accounts, by the folder that they read.
  readers = {
    for reader in local.rules.readers : "gs://${reader.bucket}/${reader.folder}" => reader
  }
}
