# VPC Service Controls around project_id: what may leave it, as whom, and what
# the ways in are. docs/deploy.md holds what no rule can say.

locals {
  perimeter_modes = {
    enforced = contains(["enforced", "both"], try(var.perimeter.mode, ""))
    dry_run  = contains(["dry-run", "both"], try(var.perimeter.mode, ""))
  }

  copier     = google_service_account.function["copy-artifact"].member
  reconciler = google_service_account.function["reconcile"].member

  # A target that is written as its customer's account is written by that
  # account, which is what perimeters see; ours only asks for its token.
  direct_projects = toset([
    for target in values(local.google_targets) : target.project if target.impersonate == null
  ])
  impersonated = {
    for target in values(local.google_targets) :
    target.impersonate => target.project... if target.impersonate != null
  }
  # The project is in the address: name@project.iam.gserviceaccount.com.
  account_projects = toset([
    for account in keys(local.impersonated) :
    regex("@(.+)\\.iam\\.gserviceaccount\\.com$", account)[0]
    if can(regex("@(.+)\\.iam\\.gserviceaccount\\.com$", account))
  ])
  foreign_projects = setsubtract(local.source_projects, [var.project_id])

  # Rules of perimeters take numbers.
  perimeter_projects = setunion(
    [var.project_id], local.source_projects, local.direct_projects,
    local.account_projects, flatten(values(local.impersonated)),
  )

  docker_methods = [
    "artifactregistry.googleapis.com/DockerRead",
    "artifactregistry.googleapis.com/DockerWrite",
  ]

  egress = var.perimeter == null ? {} : {
    for title, rule in {
      "copies to customers" = {
        identities = [local.copier]
        projects   = local.direct_projects
        services   = { "artifactregistry.googleapis.com" = local.docker_methods }
      }
      "comparisons with customers" = {
        identities = [local.reconciler]
        projects   = local.direct_projects
        services   = { "artifactregistry.googleapis.com" = [local.docker_methods[0]] }
      }
      "copies as the customers' accounts" = {
        identities = [for account in keys(local.impersonated) : "serviceAccount:${account}"]
        projects   = toset(flatten(values(local.impersonated)))
        services   = { "artifactregistry.googleapis.com" = local.docker_methods }
      }
      "tokens of the customers' accounts" = {
        identities = [local.copier, local.reconciler]
        projects   = local.account_projects
        services   = { "iamcredentials.googleapis.com" = ["*"] }
      }
      "sources in other projects" = {
        identities = [for account in values(google_service_account.function) : account.member]
        projects   = local.foreign_projects
        services   = { "artifactregistry.googleapis.com" = [local.docker_methods[0]] }
      }
      "subscriptions to gcr topics elsewhere" = {
        identities = var.perimeter.deployers
        projects   = local.foreign_projects
        services   = { "pubsub.googleapis.com" = ["*"] }
      }
    } : title => rule if length(rule.projects) > 0 && length(rule.identities) > 0
  }

  ingress = var.perimeter == null ? {} : merge(
    {
      # Cloud Build works outside every perimeter, as this account.
      "builds" = {
        perimeter  = var.perimeter.name
        identities = [google_service_account.build.member]
        project    = var.project_id
        services = [
          "artifactregistry.googleapis.com", "logging.googleapis.com",
          "storage.googleapis.com",
        ]
      }
    },
    length(var.perimeter.deployers) == 0 ? {} : {
      "deployments" = {
        perimeter  = var.perimeter.name
        identities = var.perimeter.deployers
        project    = var.project_id
        services   = keys(google_project_service.main)
      }
    },
    length(var.perimeter.deployers) == 0 ? {} : {
      for project, name in var.perimeter.other_perimeters :
      "subscriptions to ${project}" => {
        perimeter  = name
        identities = var.perimeter.deployers
        project    = project
        services   = ["pubsub.googleapis.com"]
      }
    },
  )
}

resource "google_access_context_manager_service_perimeter_egress_policy" "main" {
  for_each = { for title, rule in local.egress : title => rule if local.perimeter_modes.enforced }

  perimeter = var.perimeter.name
  title     = "${local.prefix}registry-relay ${each.key}"

  egress_from {
    identities = each.value.identities
  }

  egress_to {
    resources = [for project in each.value.projects : "projects/${var.perimeter.project_numbers[project]}"]

    dynamic "operations" {
      for_each = each.value.services
      content {
        service_name = operations.key
        dynamic "method_selectors" {
          for_each = operations.value
          content {
            method = method_selectors.value
          }
        }
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_access_context_manager_service_perimeter_dry_run_egress_policy" "main" {
  for_each = { for title, rule in local.egress : title => rule if local.perimeter_modes.dry_run }

  perimeter = var.perimeter.name
  title     = "${local.prefix}registry-relay ${each.key}"

  egress_from {
    identities = each.value.identities
  }

  egress_to {
    resources = [for project in each.value.projects : "projects/${var.perimeter.project_numbers[project]}"]

    dynamic "operations" {
      for_each = each.value.services
      content {
        service_name = operations.key
        dynamic "method_selectors" {
          for_each = operations.value
          content {
            method = method_selectors.value
          }
        }
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_access_context_manager_service_perimeter_ingress_policy" "main" {
  for_each = { for title, rule in local.ingress : title => rule if local.perimeter_modes.enforced }

  perimeter = each.value.perimeter
  title     = "${local.prefix}registry-relay ${each.key}"

  ingress_from {
    identities = each.value.identities
    sources {
      access_level = "*"
    }
  }

  ingress_to {
    resources = ["projects/${var.perimeter.project_numbers[each.value.project]}"]

    dynamic "operations" {
      for_each = each.value.services
      content {
        service_name = operations.value
        method_selectors {
          method = "*"
        }
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_access_context_manager_service_perimeter_dry_run_ingress_policy" "main" {
  for_each = { for title, rule in local.ingress : title => rule if local.perimeter_modes.dry_run }

  perimeter = each.value.perimeter
  title     = "${local.prefix}registry-relay ${each.key}"

  ingress_from {
    identities = each.value.identities
    sources {
      access_level = "*"
    }
  }

  ingress_to {
    resources = ["projects/${var.perimeter.project_numbers[each.value.project]}"]

    dynamic "operations" {
      for_each = each.value.services
      content {
        service_name = operations.value
        method_selectors {
          method = "*"
        }
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
