# The registry's rule names who writes; with an account of our own, a second one
# lets the vendor's account ask for its token.

locals {
  modes = {
    enforced = contains(["enforced", "both"], try(var.perimeter.mode, ""))
    dry_run  = contains(["dry-run", "both"], try(var.perimeter.mode, ""))
  }
  ingress = var.perimeter == null ? {} : merge(
    {
      "image releases" = {
        identities = [local.writer]
        service    = "artifactregistry.googleapis.com"
        methods = [
          "artifactregistry.googleapis.com/DockerRead",
          "artifactregistry.googleapis.com/DockerWrite",
        ]
      }
    },
    var.own_account == null ? {} : {
      "image release tokens" = {
        identities = concat([local.copier], local.reconciler)
        service    = "iamcredentials.googleapis.com"
        methods    = ["*"]
      }
    },
    var.own_account != null || var.reconciler == null ? {} : {
      "image release comparisons" = {
        identities = local.reconciler
        service    = "artifactregistry.googleapis.com"
        methods    = ["artifactregistry.googleapis.com/DockerRead"]
      }
    },
  )
  vendor       = try(var.perimeter.vendor_project_number, null)
  from_project = local.vendor == null ? null : "projects/${local.vendor}"
}

resource "google_access_context_manager_service_perimeter_ingress_policy" "main" {
  for_each = local.modes.enforced ? local.ingress : {}

  perimeter = var.perimeter.name
  title     = "${each.key}: ${var.repository}"

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
  title     = "${each.key}: ${var.repository}"

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
