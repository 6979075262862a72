# VPC Service Controls around project_id: what may leave it and as which account,
# and what may enter. docs/perimeters.md has the settings that are not rules.

locals {
  perimeter_modes = {
    enforced = contains(["enforced", "both"], try(var.perimeter.mode, ""))
    dry_run  = contains(["dry-run", "both"], try(var.perimeter.mode, ""))
  }

  copier     = local.accounts["copy-artifact"].member
  reconciler = local.accounts["reconcile"].member

  # A target that is written as its customer's account is written by that
  # account, which is what perimeters see; ours only asks for its token.
  direct_projects = {
    for kind in keys(local.perimeter_methods) : kind => toset([
      for place in local.places : place.project
      if place.kind == kind && place.impersonate == null && place.project != null
    ])
  }
  impersonated = {
    for kind in keys(local.perimeter_methods) : kind => {
      for place in local.places : place.impersonate => place.project...
      if place.kind == kind && place.impersonate != null && place.project != null
    }
  }
  # The project is in the address: name@project.iam.gserviceaccount.com, or
  # name@project.example.com.iam.gserviceaccount.com of example.com:project.
  account_projects = toset([
    for account in toset(compact(local.places[*].impersonate)) :
    replace(regex("@(.+)\\.iam\\.gserviceaccount\\.com$", account)[0], "/^([^.]+)\\.(.+)$/", "$2:$1")
    if can(regex("@(.+)\\.iam\\.gserviceaccount\\.com$", account))
  ])
  foreign_projects = {
    for kind, projects in local.source_projects : kind => setsubtract(projects, [var.project_id])
  }

  function_members = [for name in keys(local.functions) : local.accounts[name].member]
  source_identities = {
    image    = local.function_members
    template = local.function_members
    object = concat(
      [for name in local.bucket_functions : local.accounts[name].member],
      flatten([
        for reader in values(local.readers) : formatlist("serviceAccount:%s", reader.accounts)
        if local.source_buckets["gs://${reader.bucket}"].project != var.project_id
      ]),
    )
  }

  # Rules of perimeters take numbers.
  perimeter_projects = setunion(
    [var.project_id], local.account_projects,
    [for place in local.places : place.project if place.project != null],
    values(local.source_projects)...
  )
  homeless_buckets = distinct([
    for place in local.places : place.bucket if place.project == null
  ])

  # What each kind takes. A rewrite of an object is one call that names both ends,
  # so it needs at the source what it needs at the target; nothing narrower than
  # all methods is known to admit the KFP protocol.
  perimeter_methods = {
    image = {
      service = "artifactregistry.googleapis.com"
      read    = ["artifactregistry.googleapis.com/DockerRead"]
      write   = ["artifactregistry.googleapis.com/DockerRead", "artifactregistry.googleapis.com/DockerWrite"]
      # The functions list what is new there; `relay doctor` gets the repository.
      source = concat(["artifactregistry.googleapis.com/DockerRead"], [
        for method in ["GetDockerImage", "GetRepository", "ListDockerImages"] :
        "google.devtools.artifactregistry.v1.ArtifactRegistry.${method}"
      ])
    }
    template = {
      service = "artifactregistry.googleapis.com"
      read    = ["*"]
      write   = ["*"]
      source  = ["*"]
    }
    object = {
      service = "storage.googleapis.com"
      read    = ["google.storage.objects.get", "google.storage.objects.list"]
      write   = local.rewrite_methods
      source  = local.rewrite_methods
    }
  }
  # What a deployment calls, of the services that VPC Service Controls supports. It
  # rejects a rule with any other, such as accesscontextmanager.googleapis.com.
  deployed_services = [
    for service in [
      "artifactregistry", "bigquery", "binaryauthorization", "cloudbuild",
      "cloudfunctions", "cloudkms", "cloudresourcemanager", "cloudscheduler",
      "compute", "iam", "iamcredentials", "logging", "monitoring", "pubsub", "run",
      "secretmanager", "serviceusage", "storage",
    ] : "${service}.googleapis.com"
  ]
  rewrite_methods = [
    "google.storage.Write", "google.storage.objects.create",
    "google.storage.objects.get", "google.storage.objects.list",
  ]

  egress = var.perimeter == null ? {} : {
    for title, rule in merge(
      {
        "tokens of the customers' accounts" = {
          identities = [local.copier, local.reconciler]
          projects   = local.account_projects
          service    = "iamcredentials.googleapis.com"
          methods    = ["*"]
        }
        "subscriptions to gcr topics elsewhere" = {
          identities = var.perimeter.deployers
          projects   = local.foreign_projects.image
          service    = "pubsub.googleapis.com"
          methods    = ["*"]
        }
      },
      [
        for kind, methods in local.perimeter_methods : {
          for what, rule in {
            "copies to customers" = {
              identities = [local.copier]
              projects   = local.direct_projects[kind]
              methods    = methods.write
            }
            "comparisons with customers" = {
              identities = [local.reconciler]
              projects   = local.direct_projects[kind]
              methods    = methods.read
            }
            "copies as the customers' accounts" = {
              identities = [for account in keys(local.impersonated[kind]) : "serviceAccount:${account}"]
              projects   = toset(flatten(values(local.impersonated[kind])))
              methods    = methods.write
            }
            "sources in other projects" = {
              identities = local.source_identities[kind]
              projects   = local.foreign_projects[kind]
              methods    = methods.source
            }
          } : kind == "image" ? what : "${kind} ${what}" => merge(rule, { service = methods.service })
        }
      ]...
    ) : title => merge(rule, { identities = toset(rule.identities) })
    if length(rule.projects) > 0 && length(rule.identities) > 0
  }

  # Ways in, each with all methods of its services.
  ingress = var.perimeter == null ? {} : merge(
    {
      # Cloud Build works outside every perimeter, as this account.
      "builds" = {
        perimeter  = var.perimeter.name
        identities = [local.accounts["build"].member]
        project    = var.project_id
        services = [
          "artifactregistry.googleapis.com", "logging.googleapis.com",
          "storage.googleapis.com",
        ]
      }
    },
    # Sources outside of the perimeter publish events to topics inside.
    {
      for project, sink in google_logging_project_sink.template_uploads :
      "template uploads to ${project}" => {
        perimeter  = var.perimeter.name
        identities = [sink.writer_identity]
        project    = var.project_id
        services   = ["pubsub.googleapis.com"]
      } if project != var.project_id
    },
    {
      for project, agent in data.google_storage_project_service_account.source :
      "object changes in ${project}" => {
        perimeter  = var.perimeter.name
        identities = [agent.member]
        project    = var.project_id
        services   = ["pubsub.googleapis.com"]
      } if project != var.project_id
    },
    length(var.perimeter.deployers) == 0 ? {} : {
      "deployments" = {
        perimeter  = var.perimeter.name
        identities = var.perimeter.deployers
        project    = var.project_id
        services   = local.deployed_services
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
