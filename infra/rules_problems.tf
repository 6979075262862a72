# What is wrong with the rules, as far as Terraform can see: a plan shows it all.

locals {
  rules_keys = {
    file   = ["targets", "groups", "rules"]
    target = ["repository", "templates", "bucket", "impersonate", "paused", "receipts"]
    rule   = ["name", "source", "images", "templates", "objects", "tags", "platforms", "immutable", "attachments", "as", "targets"]
    tags   = ["include", "semver", "exclude"]
  }
  # Keys that say nothing about what a rule releases.
  senseless_keys = {
    image    = ["templates", "objects"]
    template = ["images", "objects", "platforms", "attachments", "as"]
    object   = ["images", "templates", "tags", "immutable", "platforms", "attachments"]
  }
  placeholders = {
    image    = ["image", "tag"]
    template = []
    object   = ["object"]
  }
  place_forms = {
    image    = "^[^/ ]*[^/: ]/[^ ]+$"
    template = "^[a-z0-9-]+-kfp\\.pkg\\.dev/([^/]+\\.[^/]+/)?[^/]+/[^/]+$"
    object   = local.place_patterns.bucket
  }
  source_forms = {
    image    = "names no Artifact Registry repository (LOCATION-docker.pkg.dev/PROJECT/REPOSITORY)"
    template = "names no repository of templates (LOCATION-kfp.pkg.dev/PROJECT/REPOSITORY)"
    object   = "names no bucket (gs://BUCKET or gs://BUCKET/FOLDER)"
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
        length([for key in values(local.place_keys) : key if can(target[key])]) > 0 ? [] : [
          "target \"${name}\" has no place: say \"repository\", \"templates\" or \"bucket\""
        ],
        [
          for kind, key in local.place_keys : "target \"${name}\": \"${key}\" is no place for ${kind}s"
          if can(target[key]) && !(
            can(regex(local.place_forms[kind], target[key])) &&
            kind == try(local.repositories[target[key]].kind, local.buckets[target[key]].kind, "image")
          )
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
          for key in local.senseless_keys[local.rule_kinds[index]] :
          "rule \"${local.rule_names[index]}\": \"${key}\" says nothing about ${local.rule_kinds[index]}s"
          if can(rule[key])
        ],
        [
          for name in distinct(flatten([for name in try(rule.targets, []) : try(local.groups[name], [name])])) :
          "rule \"${local.rule_names[index]}\": target \"${name}\" has no \"${local.place_keys[local.rule_kinds[index]]}\""
          if can(keys(local.targets[name])) && !can(local.targets[name][local.place_keys[local.rule_kinds[index]]])
        ],
        [
          for placeholder in flatten(regexall("\\{([^}]*)\\}", try(rule.as, ""))) :
          "rule \"${local.rule_names[index]}\": \"as\" knows ${join(" and ", formatlist("{%s}", local.placeholders[local.rule_kinds[index]]))}, not {${placeholder}}"
          if local.rule_kinds[index] != "template" && !contains(local.placeholders[local.rule_kinds[index]], placeholder)
        ],
        local.rule_kinds[index] != "image" || can(regex(":", try(rule.as, ":"))) ? [] : [
          "rule \"${local.rule_names[index]}\": \"as\" has no tag"
        ],
        local.rule_kinds[index] == try(local.repositories[rule.source].kind, local.buckets[rule.source].kind, "") ? [] : [
          "rule \"${local.rule_names[index]}\": \"source\" ${local.source_forms[local.rule_kinds[index]]}"
        ],
        [
          for name, target in local.targets : "rule \"${local.rule_names[index]}\": target \"${name}\" lies inside the source: a loop"
          if startswith(
            "${trimsuffix(try(target[local.place_keys[local.rule_kinds[index]]], ""), "/")}/",
            "${trimsuffix(try(rule.source, "none"), "/")}/",
          )
        ],
      )
    ]),
  )
}
