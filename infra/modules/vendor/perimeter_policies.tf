# The same rules twice: enforced, and as a dry run.

resource "google_access_context_manager_service_perimeter_egress_policy" "main" {
  for_each = { for title, rule in local.egress : title => rule if local.perimeter_modes.enforced }

  perimeter = var.perimeter.name
  title     = "${local.prefix}registry-relay ${each.key}"

  egress_from {
    identities = each.value.identities
  }

  egress_to {
    resources = [for project in each.value.projects : "projects/${var.perimeter.project_numbers[project]}"]

    operations {
      service_name = each.value.service
      dynamic "method_selectors" {
        for_each = each.value.methods
        content {
          method = method_selectors.value
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

    operations {
      service_name = each.value.service
      dynamic "method_selectors" {
        for_each = each.value.methods
        content {
          method = method_selectors.value
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
