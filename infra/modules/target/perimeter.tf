# Each kind's rule names who writes; with an account of our own, a further one
# lets the vendor's account ask for its token.

locals {
  modes = {
    enforced = contains(["enforced", "both"], try(var.perimeter.mode, ""))
    dry_run  = contains(["dry-run", "both"], try(var.perimeter.mode, ""))
  }
  docker_methods = [
    "artifactregistry.googleapis.com/DockerRead",
    "artifactregistry.googleapis.com/DockerWrite",
  ]
  rewrite_methods = [
    "google.storage.Write", "google.storage.objects.create",
    "google.storage.objects.get", "google.storage.objects.list",
  ]

  # Nothing narrower than all methods is known to admit the KFP protocol.
  perimeter_methods = {
    image = {
      place   = var.repository
      service = "artifactregistry.googleapis.com"
      write   = local.docker_methods
      read    = [local.docker_methods[0]]
    }
    template = {
      place   = var.templates
      service = "artifactregistry.googleapis.com"
      write   = ["*"]
      read    = ["*"]
    }
    object = {
      place   = var.bucket
      service = "storage.googleapis.com"
      write   = local.rewrite_methods
      read    = ["google.storage.objects.get", "google.storage.objects.list"]
    }
  }
  kinds = { for kind, rule in local.perimeter_methods : kind => rule if rule.place != null }

  ingress = var.perimeter == null ? {} : merge(
    {
      for kind, rule in local.kinds : "${kind} releases" => {
        identities = [local.writer]
        service    = rule.service
        methods    = rule.write
        place      = rule.place
      }
    },
    var.own_account == null ? {} : {
      "image release tokens" = {
        identities = concat([local.copier], local.reconciler)
        service    = "iamcredentials.googleapis.com"
        methods    = ["*"]
        place      = local.places[0]
      }
    },
    length(local.readers) == 0 ? {} : {
      for kind, rule in local.kinds : "${kind} release comparisons" => {
        identities = tolist(local.readers)
        service    = rule.service
        methods    = rule.read
        place      = rule.place
      }
    },
  )
  vendor       = try(var.perimeter.vendor_project_number, null)
  from_project = local.vendor == null ? null : "projects/${local.vendor}"

  # A rewrite is one call that names both ends, and one of them is outside.
  vendor_buckets = compact([try(var.perimeter.vendor_bucket_project_number, null), local.vendor])
  egress = var.perimeter == null || var.bucket == null ? {} : {
    "object sources" = {
      identities = [local.writer]
      project    = local.vendor_buckets[0]
      place      = var.bucket
    }
  }
}
