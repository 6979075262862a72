# rules.yaml is the one source: whom to grant what follows from it. This file
# reads what Terraform needs; rules_problems.tf finds what Terraform can see to be
# wrong. The package, which cannot be made from wrong rules, has been through it all.

locals {
  rules   = try(yamldecode(file(var.rules_file)), null)
  targets = try({ for name, target in local.rules.targets : name => target }, {})
  groups  = try({ for name, members in local.rules.groups : name => members }, {})
  rule    = try([for rule in local.rules.rules : rule], [])

  # The form of its source tells what a rule releases.
  rule_kinds = [
    for rule in local.rule :
    startswith(try(tostring(rule.source), ""), "gs://") ? "object" :
    can(regex("^[^/]+-kfp\\.pkg\\.dev/", rule.source)) ? "template" : "image"
  ]
  kinds = toset(local.rule_kinds)

  # Where a target takes what.
  place_keys = { image = "repository", template = "templates", object = "bucket" }

  place_patterns = {
    pkg_dev = "^(?P<location>[a-z0-9-]+)-(?P<format>docker|kfp)\\.pkg\\.dev/(?P<project>(?:[^/]+\\.[^/]+/)?[^/]+)/(?P<repository>[^/]+)"
    gcr_io  = "^(?P<host>(?:[a-z]+\\.)?gcr\\.io)/(?P<project>(?:[^/]+\\.[^/]+/)?[^/]+)"
    bucket  = "^gs://(?P<bucket>[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:/.*)?$"
  }
  gcr_io_locations = {
    "gcr.io"      = "us"
    "us.gcr.io"   = "us"
    "eu.gcr.io"   = "europe"
    "asia.gcr.io" = "asia"
  }

  source_paths = toset([for rule in local.rule : rule.source if can(tostring(rule.source))])
  target_paths = toset(flatten([
    for target in values(local.targets) : [
      for key in values(local.place_keys) : target[key] if can(tostring(target[key]))
    ]
  ]))
  paths = setunion(local.source_paths, local.target_paths)

  # Every path of the rules that lies in an Artifact Registry repository.
  repositories = merge(
    {
      for path in local.paths : path => {
        kind       = { docker = "image", kfp = "template" }[regex(local.place_patterns.pkg_dev, path).format]
        location   = regex(local.place_patterns.pkg_dev, path).location
        project    = replace(regex(local.place_patterns.pkg_dev, path).project, "/", ":")
        repository = regex(local.place_patterns.pkg_dev, path).repository
        name       = join("/", slice(split("/", path), 0, length(split("/", regex(local.place_patterns.pkg_dev, path).project)) + 2))
      } if can(regex(local.place_patterns.pkg_dev, path))
    },
    {
      for path in local.paths : path => {
        kind       = "image"
        location   = lookup(local.gcr_io_locations, regex(local.place_patterns.gcr_io, path).host, "us")
        project    = replace(regex(local.place_patterns.gcr_io, path).project, "/", ":")
        repository = regex(local.place_patterns.gcr_io, path).host
        name       = join("/", slice(split("/", path), 0, length(split("/", regex(local.place_patterns.gcr_io, path).project)) + 1))
      } if can(regex(local.place_patterns.gcr_io, path))
    },
  )

  # Every path that is a bucket, or a folder in one; whose it is, no path tells.
  buckets = {
    for path in local.paths : path => {
      kind   = "object"
      bucket = regex(local.place_patterns.bucket, path).bucket
      folder = try(trimsuffix(regex("^gs://[^/]+/(.*)$", path)[0], "/"), "")
      name   = "gs://${regex(local.place_patterns.bucket, path).bucket}"
    } if can(regex(local.place_patterns.bucket, path))
  }

  # Two paths can lie in one repository, or in one bucket.
  sources = {
    for name, paths in {
      for path in local.source_paths :
      local.repositories[path].name => local.repositories[path]...
      if contains(keys(local.repositories), path)
    } : name => paths[0]
  }
  source_buckets = {
    for name, paths in {
      for path in local.source_paths :
      local.buckets[path].name => local.buckets[path]...
      if contains(keys(local.buckets), path)
      } : name => {
      bucket  = paths[0].bucket
      project = lookup(var.bucket_projects, paths[0].bucket, var.project_id)
      folders = toset(paths[*].folder)
    }
  }
  source_projects = {
    image    = toset([for source in values(local.sources) : source.project if source.kind == "image"])
    template = toset([for source in values(local.sources) : source.project if source.kind == "template"])
    object   = toset([for source in values(local.source_buckets) : source.project])
  }

  # What each target takes of what the rules release, where that is Google's.
  destinations = merge(flatten([
    for name, target in local.targets : [
      for kind, key in local.place_keys : {
        "${name} ${kind}" = merge(
          { project = lookup(var.bucket_projects, try(local.buckets[target[key]].bucket, ""), null) },
          try(local.repositories[target[key]], local.buckets[target[key]]),
          { target = name, path = target[key], impersonate = try(target.impersonate, null) },
        )
      }
      if contains(local.kinds, kind) && kind == try(local.repositories[target[key]].kind, local.buckets[target[key]].kind, "")
    ]
  ])...)
  google_targets = {
    for name, target in local.targets : name => {
      impersonate = try(target.impersonate, null)
      places = [
        for kind in keys(local.place_keys) : local.destinations["${name} ${kind}"]
        if contains(keys(local.destinations), "${name} ${kind}")
      ]
    }
    if length([for kind in keys(local.place_keys) : kind if contains(keys(local.destinations), "${name} ${kind}")]) > 0
  }
  other_targets = {
    for name, target in local.targets : name => target
    if can(tostring(target.repository)) && !contains(keys(local.repositories), try(target.repository, ""))
  }

  # A rewrite runs as one account: who writes objects must read them, too.
  object_readers = {
    for reader in distinct(flatten([
      for index, rule in local.rule : [
        for name in flatten([for name in try(rule.targets, []) : try(local.groups[name], [name])]) : {
          account = try(local.targets[name].impersonate, "")
          bucket  = local.buckets[rule.source].bucket
          folder  = local.buckets[rule.source].folder
        } if can(tostring(local.targets[name].impersonate))
      ] if can(local.buckets[rule.source])
    ])) : "${reader.account} gs://${reader.bucket}/${reader.folder}" => reader
  }
}
