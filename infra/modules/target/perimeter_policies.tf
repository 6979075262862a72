# The same rules twice: enforced, and as a dry run.

resource "google_access_context_manager_service_perimeter_ingress_policy" "main" {
  for_each = local.modes.enforced ? local.ingress : {}

  perimeter = var.perimeter.name
  title     = "${each.key}: ${each.value.place}"

  ingress_from {
    identities = each.value.identities
    sources {
      resource     = local.from_project
      access_level = local.from_project == null ? "*" : null
    }
  }

  ingress_to {
    resources = ["projects/${var.perimeter.project_number}"]
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

resource "google_access_context_manager_service_perimeter_dry_run_ingress_policy" "main" {
  for_each = local.modes.dry_run ? local.ingress : {}

  perimeter = var.perimeter.name
  title     = "${each.key}: ${each.value.place}"

  ingress_from {
    identities = each.value.identities
    sources {
      resource     = local.from_project
      access_level = local.from_project == null ? "*" : null
    }
  }

  ingress_to {
    resources = ["projects/${var.perimeter.project_number}"]
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

resource "google_access_context_manager_service_perimeter_egress_policy" "main" {
  for_each = local.modes.enforced ? local.egress : {}

  perimeter = var.perimeter.name
  title     = "${each.key}: ${each.value.place}"

  egress_from {
    identities = each.value.identities
  }

  egress_to {
    resources = ["projects/${each.value.project}"]
    operations {
      service_name = "storage.googleapis.com"
      dynamic "method_selectors" {
        for_each = local.rewrite_methods
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
  for_each = local.modes.dry_run ? local.egress : {}

  perimeter = var.perimeter.name
  title     = "${each.key}: ${each.value.place}"

  egress_from {
    identities = each.value.identities
  }

  egress_to {
    resources = ["projects/${each.value.project}"]
    operations {
      service_name = "storage.googleapis.com"
      dynamic "method_selectors" {
        for_each = local.rewrite_methods
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
