# rules.yaml is the one source: whom to grant what follows from it. This file
# reads what Terraform needs and finds what Terraform can see to be wrong; the
# package, which cannot be made from wrong rules, has been through all of it.

locals {
  rules   = try(yamldecode(file(var.rules_file)), null)
  targets = try({ for name, target in local.rules.targets : name => target }, {})
  groups  = try({ for name, members in local.rules.groups : name => members }, {})
  rule    = try([for rule in local.rules.rules : rule], [])

  repository_pattern = {
    pkg_dev = "^(?P<location>[a-z0-9-]+)-docker\\.pkg\\.dev/(?P<project>(?:[^/]+\\.[^/]+/)?[^/]+)/(?P<repository>[^/]+)"
    gcr_io  = "^(?P<host>(?:[a-z]+\\.)?gcr\\.io)/(?P<project>(?:[^/]+\\.[^/]+/)?[^/]+)"
  }
  gcr_io_locations = {
    "gcr.io"      = "us"
    "us.gcr.io"   = "us"
    "eu.gcr.io"   = "europe"
    "asia.gcr.io" = "asia"
  }

  source_paths = toset([for rule in local.rule : rule.source if can(tostring(rule.source))])
  target_paths = toset([for target in values(local.targets) : target.repository if can(tostring(target.repository))])

  # Every path of the rules that lies in an Artifact Registry repository.
  repositories = merge(
    {
      for path in setunion(local.source_paths, local.target_paths) : path => {
        location   = regex(local.repository_pattern.pkg_dev, path).location
        project    = replace(regex(local.repository_pattern.pkg_dev, path).project, "/", ":")
        repository = regex(local.repository_pattern.pkg_dev, path).repository
        name       = join("/", slice(split("/", path), 0, length(split("/", regex(local.repository_pattern.pkg_dev, path).project)) + 2))
      } if can(regex(local.repository_pattern.pkg_dev, path))
    },
    {
      for path in setunion(local.source_paths, local.target_paths) : path => {
        location   = lookup(local.gcr_io_locations, regex(local.repository_pattern.gcr_io, path).host, "us")
        project    = replace(regex(local.repository_pattern.gcr_io, path).project, "/", ":")
        repository = regex(local.repository_pattern.gcr_io, path).host
        name       = join("/", slice(split("/", path), 0, length(split("/", regex(local.repository_pattern.gcr_io, path).project)) + 1))
      } if can(regex(local.repository_pattern.gcr_io, path))
    },
  )

  # Two paths can lie in one repository.
  sources = {
    for name, paths in {
      for path in local.source_paths :
      local.repositories[path].name => local.repositories[path]...
      if contains(keys(local.repositories), path)
    } : name => paths[0]
  }
  source_projects = toset([for source in values(local.sources) : source.project])

  google_targets = {
    for name, target in local.targets : name => merge(
      local.repositories[target.repository],
      { impersonate = try(target.impersonate, null), path = target.repository },
    ) if contains(keys(local.repositories), try(target.repository, ""))
  }
  other_targets = {
    for name, target in local.targets : name => target
    if !contains(keys(local.repositories), try(target.repository, ""))
  }
}

# What is wrong with the rules, as far as Terraform can see: a plan shows it all.
locals {
  rules_keys = {
    file   = ["targets", "groups", "rules"]
    target = ["repository", "templates", "bucket", "impersonate", "paused", "receipts"]
    rule   = ["name", "source", "images", "templates", "objects", "tags", "platforms", "immutable", "attachments", "as", "targets"]
    tags   = ["include", "semver", "exclude"]
  }
  rule_names   = [for index, rule in local.rule : try(tostring(rule.name), "number ${index + 1}")]
  target_names = concat(keys(local.targets), keys(local.groups))

  rules_problems = concat(
    can(keys(local.rules)) ? [] : ["it is no YAML mapping"],
    [
      for key in try(keys(local.rules), []) : "unknown key \"${key}\""
      if !contains(local.rules_keys.file, key)
    ],
    [
      for part in ["targets", "rules"] : "\"${part}\" is missing"
      if !contains(try(keys(local.rules), [part]), part)
    ],
    flatten([
      for name, target in local.targets : concat(
        [
          for key in try(keys(target), []) : "target \"${name}\": unknown key \"${key}\""
          if !contains(local.rules_keys.target, key)
        ],
        can(regex("^[^/ ]+/[^ ]+$", target.repository)) || (try(target.repository, null) == null && (can(target.templates) || can(target.bucket))) ? [] : [
          "target \"${name}\": \"repository\" is missing, or names no repository"
        ],
        can(regex("^[^@\\s]+@[^@\\s]+\\.gserviceaccount\\.com$", try(target.impersonate, "a@b.gserviceaccount.com"))) ? [] : [
          "target \"${name}\": \"impersonate\" is not the address of a service account"
        ],
      )
    ]),
    [
      for name in keys(local.groups) : "\"${name}\" is a target and a group"
      if contains(keys(local.targets), name)
    ],
    flatten([
      for group, members in local.groups : [
        for name in members : "group \"${group}\": unknown target \"${name}\""
        if !contains(local.target_names, name)
      ]
    ]),
    [
      for name in distinct(local.rule_names) : "two rules are named \"${name}\""
      if length([for other in local.rule_names : other if other == name]) > 1
    ],
    flatten([
      for index, rule in local.rule : concat(
        [
          for key in try(keys(rule), []) : "rule \"${local.rule_names[index]}\": unknown key \"${key}\""
          if !contains(local.rules_keys.rule, key)
        ],
        [
          for key in try(keys(rule.tags), []) : "rule \"${local.rule_names[index]}\": unknown key \"tags.${key}\""
          if !contains(local.rules_keys.tags, key)
        ],
        [
          for key in ["name", "source", "targets"] : "rule \"${local.rule_names[index]}\": \"${key}\" is missing"
          if !contains(try(keys(rule), []), key)
        ],
        [
          for name in try(rule.targets, []) : "rule \"${local.rule_names[index]}\": unknown target \"${name}\""
          if !contains(local.target_names, name)
        ],
        [
          for placeholder in flatten(regexall("\\{([^}]*)\\}", try(rule.as, ""))) :
          "rule \"${local.rule_names[index]}\": \"as\" knows {image} and {tag}, not {${placeholder}}"
          if !contains(["image", "tag"], placeholder)
        ],
        can(regex(":", try(rule.as, ":"))) ? [] : [
          "rule \"${local.rule_names[index]}\": \"as\" has no tag"
        ],
        contains(keys(local.repositories), try(rule.source, "")) ? [] : [
          "rule \"${local.rule_names[index]}\": \"source\" names no Artifact Registry repository (LOCATION-docker.pkg.dev/PROJECT/REPOSITORY)"
        ],
        [
          for name, target in local.targets : "rule \"${local.rule_names[index]}\": target \"${name}\" lies inside the source: a loop"
          if startswith("${try(target.repository, "")}/", "${try(rule.source, "none")}/")
        ],
      )
    ]),
  )
}
