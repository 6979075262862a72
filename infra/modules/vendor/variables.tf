variable "project_id" {
  description = "Project that runs the functions. It has all topics and subscriptions, except the gcr topics of sources in other projects."
  type        = string

  validation {
    condition = can(regex(
      "^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id
    ))
    error_message = "project_id is a project id such as \"vendor-release\", not a name or a number."
  }
}

variable "region" {
  description = "Region of the functions. The sources' region saves egress."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a region such as \"us-central1\", not a zone or a multi-region."
  }
}

variable "rules_file" {
  description = "Path of the rules: the same file that `npm run package` packed."
  type        = string

  validation {
    condition     = fileexists(var.rules_file)
    error_message = "File not found: ${var.rules_file}. Paths are relative to the applied folder."
  }
}

variable "package_file" {
  description = "Path of the zip of `npm run package`. A .json file with the same name must be next to it."
  type        = string

  validation {
    condition = (
      endswith(var.package_file, ".zip") && fileexists(var.package_file) &&
      fileexists("${trimsuffix(var.package_file, ".zip")}.json")
    )
    error_message = "Package not found: ${var.package_file}. Run `npm run package` first."
  }
}

variable "package_generation" {
  description = "Generation of an earlier package to run instead of package_file, to go back without a build. package_file is uploaded anyway. The last ten are kept; `gcloud storage ls --all-versions` lists them."
  type        = number
  default     = null

  validation {
    condition     = var.package_generation == null || can(regex("^[1-9][0-9]*$", var.package_generation))
    error_message = "package_generation is the number after the # in what `gcloud storage ls --all-versions` lists."
  }
}

variable "name_prefix" {
  description = "Prefix of every name, followed by a hyphen, for several deployments in one project: \"staging\" gives staging-copy-jobs."
  type        = string
  default     = ""

  validation {
    # The longest name that must stay within a service account's 30 characters is copy-artifact.
    condition     = can(regex("^([a-z]([a-z0-9-]{0,14}[a-z0-9])?)?$", var.name_prefix))
    error_message = "name_prefix has at most 16 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "labels" {
  description = "Labels for everything that can carry them."
  type        = map(string)
  default     = {}
}

variable "foreign_sources" {
  description = "Source repositories (LOCATION-docker.pkg.dev/PROJECT/REPOSITORY, LOCATION-kfp.pkg.dev/...) and buckets (gs://BUCKET) whose IAM, log sink or notifications others manage. The output source_grants has the commands for their owners."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(
      var.foreign_sources, concat(keys(local.sources), keys(local.source_buckets)),
    )) == 0
    error_message = "foreign_sources are not sources of the rules: ${join(", ", setsubtract(var.foreign_sources, concat(keys(local.sources), keys(local.source_buckets))))}."
  }
}

variable "managed_folders" {
  description = "Source folders (gs://BUCKET/FOLDER) that are already managed folders, created by another deployment or by hand. Customers' own accounts get their grants on them. Other managed folders are created."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.managed_folders, keys(local.folder_readers))) == 0
    error_message = "managed_folders are not read by any customer's account: ${join(", ", setsubtract(var.managed_folders, keys(local.folder_readers)))}."
  }
}

variable "bucket_projects" {
  description = "Project of each bucket in the rules, by bucket name: source buckets outside of project_id and, behind a perimeter, the targets' buckets."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setsubtract(
      keys(var.bucket_projects), local.bucket_names,
    )) == 0
    error_message = "bucket_projects names buckets that are not in the rules: ${join(", ", setsubtract(keys(var.bucket_projects), local.bucket_names))}."
  }
}

variable "audit_logs" {
  description = "Projects in which to enable the data-access log (DATA_WRITE) of Artifact Registry, the source of template events. This is authoritative: it replaces the service's settings there, such as DATA_READ or exempted members, and a destroy disables it. Leave out projects where it is enabled already, or managed by others."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.audit_logs, setunion([
      for kind in keys(local.audit_methods) : local.source_projects[kind]
    ]...))) == 0
    error_message = "audit_logs names a project without any ${join(" or ", keys(local.audit_methods))} that the rules release."
  }
}

variable "service_accounts" {
  description = "Addresses of your own accounts instead of created ones: for copy-artifact, plan-copies, reconcile, push (Pub/Sub calls the functions as this account of project_id) and build. They get the same grants."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setsubtract(
      keys(var.service_accounts), concat(keys(local.functions), ["push", "build"]),
    )) == 0
    error_message = "service_accounts takes ${join(", ", keys(local.functions))}, push and build."
  }

  validation {
    condition = alltrue([
      for email in values(var.service_accounts) :
      can(regex("^[^@:\\s]+@[^@\\s]+\\.iam\\.gserviceaccount\\.com$", email))
    ])
    error_message = "service_accounts takes addresses of service accounts, without \"serviceAccount:\"."
  }

  validation {
    # Separates the right to write to customers from the right to call the functions.
    condition     = length(distinct(values(var.service_accounts))) == length(var.service_accounts)
    error_message = "service_accounts must be different accounts: one for two would have the rights of both."
  }
}

variable "deletion_protection" {
  description = "true: a destroy or a change of project_id fails instead of deleting the functions' accounts. Customers' grants name an account's unique ID and do not work for a new account of the same name. Set it to false and apply before you destroy."
  type        = bool
  default     = true
}

variable "plan_copies" {
  description = "Size of planCopies. An instance handles many small requests at once."
  type = object({
    memory        = optional(string, "512Mi")
    cpu           = optional(string, "1")
    concurrency   = optional(number, 40)
    min_instances = optional(number, 0)
    max_instances = optional(number, 5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.plan_copies.concurrency == 1 || tonumber(var.plan_copies.cpu) >= 1
    error_message = "concurrency above 1 requires at least one CPU."
  }
}

variable "copy_artifact" {
  description = "Size of copyArtifact; docs/scaling.md has measurements. Node moves bytes on one thread, so it has one CPU; 32 blobs at once took 200 MB. A killed instance returns its copies to the queue: keep concurrency low, and raise max_instances. Cloud Run rejects more instances than the project's CPU and memory quotas in the region allow; small quotas allow 10."
  type = object({
    memory           = optional(string, "512Mi")
    cpu              = optional(string, "1")
    concurrency      = optional(number, 4)
    min_instances    = optional(number, 0)
    max_instances    = optional(number, 10)
    copy_timeout     = optional(number, 480)
    blob_concurrency = optional(number, 8)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for value in [var.copy_artifact.blob_concurrency, var.copy_artifact.copy_timeout] :
      value >= 1 && floor(value) == value
    ])
    error_message = "blob_concurrency and copy_timeout must be whole numbers of at least 1."
  }

  validation {
    condition     = var.copy_artifact.concurrency == 1 || tonumber(var.copy_artifact.cpu) >= 1
    error_message = "concurrency above 1 requires at least one CPU."
  }

  validation {
    # What is left answers Pub/Sub: publish to a lane, log, return.
    condition     = var.copy_artifact.copy_timeout >= 60 && var.copy_artifact.copy_timeout <= local.function_timeout - 60
    error_message = "copy_timeout must be at least 60 seconds, and at least 60 seconds below the function's timeout."
  }
}

variable "reconcile" {
  description = "Size and schedule of reconcile: cron in UTC (\"\": only on a message), and the hours between two runs, which the alert on drift compares. The rates of requests and repairs leave room for releases. A part of a run ends after request_budget requests or part_seconds, and the next one continues."
  type = object({
    memory              = optional(string, "512Mi")
    cpu                 = optional(string, "1")
    concurrency         = optional(number, 1)
    min_instances       = optional(number, 0)
    max_instances       = optional(number, 2)
    schedule            = optional(string, "17 3 * * *")
    jobs_per_second     = optional(number, 20)
    requests_per_second = optional(number, 100)
    hours_apart         = optional(number, 24)
    request_budget      = optional(number, 10000)
    part_seconds        = optional(number, 240)
  })
  default  = {}
  nullable = false

  validation {
    # What has begun when the time is up is finished, and its jobs published.
    condition     = var.reconcile.part_seconds >= 1 && var.reconcile.part_seconds <= local.function_timeout / 2
    error_message = "part_seconds must be at least 1 and at most half of the function's timeout."
  }

  validation {
    condition = alltrue([
      for value in [
        var.reconcile.hours_apart, var.reconcile.request_budget, var.reconcile.part_seconds,
        var.reconcile.jobs_per_second, var.reconcile.requests_per_second,
      ] : value >= 1 && floor(value) == value
    ])
    error_message = "hours_apart, request_budget, part_seconds, jobs_per_second and requests_per_second must be whole numbers of at least 1."
  }
}

variable "grant_propagation" {
  description = "Wait between grants and their first use, because IAM takes a minute or more. An apply waits once per stage, and only for new accounts."
  type        = string
  default     = "90s"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+(s|m)$", var.grant_propagation))
    error_message = "grant_propagation is a number of seconds or minutes, such as \"90s\" or \"2m\"."
  }
}

variable "grace_seconds" {
  description = "Grace period in seconds: how long a missing source or an unknown rule is retried. Denied access is retried four times as long, because grants take time to spread."
  type        = number
  default     = 600

  validation {
    condition     = var.grace_seconds >= 60 && floor(var.grace_seconds) == var.grace_seconds
    error_message = "grace_seconds must be a whole number of at least 60, because the functions are deployed one after the other."
  }
}

variable "max_manifest_bytes" {
  description = "Size of the largest manifest or index to copy. Registries accept 4 MiB; a manifest is kept in memory."
  type        = number
  default     = 4194304
  nullable    = false

  validation {
    condition     = var.max_manifest_bytes >= 1024 && floor(var.max_manifest_bytes) == var.max_manifest_bytes
    error_message = "max_manifest_bytes must be a whole number of at least 1024."
  }
}

variable "log_level" {
  description = "Log level of the functions. Metrics and alerts need info."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info"], var.log_level)
    error_message = "log_level must be \"debug\" or \"info\": metrics are counted from the info lines."
  }
}

variable "docker_config" {
  description = "Secret Manager secret with a Docker config.json, for targets outside of Google. With a fixed version, each change needs an apply."
  type = object({
    secret  = string
    project = optional(string)
    version = optional(string, "latest")
  })
  default = null

  validation {
    condition     = var.docker_config != null || length(local.other_targets) == 0
    error_message = "These targets are not Google registries and require docker_config: ${join(", ", local.other_targets)}."
  }
}

variable "vpc" {
  description = "Network for Direct VPC egress. All traffic uses it, so it needs a route to Google's APIs and, for other registries, a NAT. A Shared VPC requires full names (projects/HOST/...); with host_project, Cloud Run's agent is granted the host's subnetwork."
  type = object({
    network      = string
    subnetwork   = string
    tags         = optional(list(string), [])
    host_project = optional(string)
  })
  default = null

  validation {
    condition     = var.vpc != null || var.perimeter == null
    error_message = "perimeter requires vpc: other traffic counts as outside."
  }

  validation {
    condition = try(var.vpc.host_project, null) == null || alltrue([
      for name in [try(var.vpc.network, ""), try(var.vpc.subnetwork, "")] :
      strcontains(name, "projects/${try(coalesce(var.vpc.host_project), "")}/")
    ])
    error_message = "With vpc.host_project, network and subnetwork are full names in that project: projects/HOST/..."
  }
}

variable "kms" {
  description = "Customer-managed key for topics, the package, the built images and the functions. Unless grant is false, the service agents are granted its use, and a destroy removes these grants. If two deployments use one key, set grant = false in one."
  type = object({
    key   = string
    grant = optional(bool, true)
  })
  default = null

  validation {
    condition = var.kms == null || can(regex(
      "^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms.key
    ))
    error_message = "kms.key is the full name of a key, without a version."
  }
}

variable "signing" {
  description = "Signs receipts, so that customers can verify them with the public key. The key (EC_SIGN_P256_SHA256; with hsm in hardware) is created in its own key ring in location (default: region), unless key names an existing one. Key rings cannot be deleted: after a destroy import the ring, or set another key_ring. version is the key version that signs. Unless grant is false, copyArtifact's account may sign and read the public key. Null: receipts are not signed."
  type = object({
    key      = optional(string)
    version  = optional(number, 1)
    location = optional(string)
    key_ring = optional(string)
    hsm      = optional(bool, false)
    grant    = optional(bool, true)
  })
  default = null

  validation {
    condition = try(var.signing.key, null) == null || can(regex(
      "^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.signing.key
    ))
    error_message = "signing.key is the full name of a key, without a version."
  }

  validation {
    condition = try(var.signing.key, null) == null || (
      try(var.signing.location, null) == null && try(var.signing.key_ring, null) == null && !try(var.signing.hsm, false)
    )
    error_message = "signing.location, key_ring and hsm apply to a created key: remove them, or key."
  }

  validation {
    condition     = try(var.signing.version, 1) >= 1 && floor(try(var.signing.version, 1)) == try(var.signing.version, 1)
    error_message = "signing.version must be a whole number of at least 1."
  }
}

variable "release_events" {
  description = "Publishes release events on the topic release-events (docs/release-events.md). push posts to endpoints, with a token for audience (default: the endpoint); pull lets members read; bigquery fills a table. target selects one target's events, filter those that match (attributes target, rule, kind, type). Neither can be changed later: use another name. Null: no events."
  type = object({
    push = optional(list(object({
      name     = string
      endpoint = string
      audience = optional(string)
      target   = optional(string)
      filter   = optional(string)
    })), [])
    pull = optional(list(object({
      name    = string
      members = set(string)
      target  = optional(string)
      filter  = optional(string)
    })), [])
    bigquery = optional(object({
      location = string
      dataset  = optional(string, "registry_relay")
      kms_key  = optional(string)
    }))
  })
  default = null

  validation {
    condition = alltrue([
      for listener in try(var.release_events.push, []) : startswith(listener.endpoint, "https://")
    ])
    error_message = "Endpoints of release_events.push must begin with https://."
  }

  validation {
    condition = alltrue([
      for name in concat(try(var.release_events.push[*].name, []), try(var.release_events.pull[*].name, [])) :
      can(regex("^[a-z][a-z0-9-]{0,62}$", name)) && name != "bigquery"
    ])
    error_message = "Names in release_events must have lower-case letters, digits and hyphens, and must not be \"bigquery\"."
  }

  validation {
    condition = length(distinct(concat(try(var.release_events.push[*].name, []), try(var.release_events.pull[*].name, [])))) == length(concat(
      try(var.release_events.push[*].name, []), try(var.release_events.pull[*].name, []),
    ))
    error_message = "Names in release_events must be unique."
  }

  validation {
    condition = alltrue([
      for target in concat(try(var.release_events.push[*].target, []), try(var.release_events.pull[*].target, [])) :
      target == null || contains(local.rules.targets[*].target, coalesce(target, "-"))
    ])
    error_message = "Unknown target in release_events: it must be defined in rules.yaml."
  }

  validation {
    condition = alltrue([
      for filter in concat(try(var.release_events.push[*].filter, []), try(var.release_events.pull[*].filter, [])) :
      filter == null || trimspace(coalesce(filter, " ")) != ""
    ])
    error_message = "Empty filter in release_events: remove it to receive all events."
  }

  validation {
    condition = length(setintersection(
      ["allUsers", "allAuthenticatedUsers"], flatten(try(var.release_events.pull[*].members, [])),
    )) == 0
    error_message = "release_events.pull.members must not contain allUsers or allAuthenticatedUsers."
  }
}

variable "message_storage_policy" {
  description = "Regions in which Pub/Sub may store messages (data residency), and whether publishers must be in them too (enforce_in_transit). Default: the organization's policy. The gcr topic keeps its own setting."
  type = object({
    regions            = set(string)
    enforce_in_transit = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.message_storage_policy == null || length(try(var.message_storage_policy.regions, [])) > 0
    error_message = "message_storage_policy.regions must not be empty."
  }
}

variable "binary_authorization" {
  description = "Binary Authorization policy for the functions' services: \"default\", or the full name of a platform policy."
  type        = string
  default     = null
}

variable "build_worker_pool" {
  description = "Private Cloud Build pool that builds the functions (projects/P/locations/L/workerPools/N). Default: Google's pool."
  type        = string
  default     = null
}

variable "perimeter" {
  description = <<-EOT
    VPC Service Controls perimeter around project_id. Egress rules allow the
    targets' projects; project_numbers has their numbers by project ID. mode is
    "enforced", "dry-run" or "both". deployers (IAM members) may call what this
    configuration calls. other_perimeters are the perimeters around the gcr
    topics of other projects, by project ID.
  EOT
  type = object({
    name             = string
    mode             = optional(string, "enforced")
    project_numbers  = map(string)
    deployers        = optional(set(string), [])
    other_perimeters = optional(map(string), {})
  })
  default = null

  validation {
    condition = var.perimeter == null || alltrue([
      for name in concat(
        [try(var.perimeter.name, "")],
        values(try(var.perimeter.other_perimeters, {})),
      ) : can(regex("^accessPolicies/[0-9]+/servicePerimeters/[^/]+$", name))
    ])
    error_message = "A perimeter's name is accessPolicies/NUMBER/servicePerimeters/NAME."
  }

  validation {
    condition = contains(
      ["enforced", "dry-run", "both"], try(var.perimeter.mode, "both")
    )
    error_message = "perimeter.mode is \"enforced\", \"dry-run\" or \"both\"."
  }

  validation {
    condition = var.perimeter == null || length(setsubtract(
      local.perimeter_projects,
      keys(try(var.perimeter.project_numbers, {})),
    )) == 0
    error_message = "perimeter.project_numbers lacks: ${join(", ", setsubtract(local.perimeter_projects, keys(try(var.perimeter.project_numbers, {}))))}."
  }

  validation {
    condition = alltrue([
      for number in values(try(var.perimeter.project_numbers, {})) : can(regex("^[0-9]+$", number))
    ])
    error_message = "perimeter.project_numbers must map project IDs to numbers."
  }

  validation {
    condition = length(setsubtract(
      keys(try(var.perimeter.other_perimeters, {})), keys(try(var.perimeter.project_numbers, {})),
    )) == 0
    error_message = "perimeter.other_perimeters names projects whose numbers project_numbers lacks."
  }

  validation {
    condition     = var.perimeter == null || length(local.homeless_buckets) == 0
    error_message = "A perimeter's rules name projects: bucket_projects lacks ${join(", ", local.homeless_buckets)}."
  }
}

variable "notification_channels" {
  description = "Monitoring notification channels for alerts (projects/P/notificationChannels/N)."
  type        = list(string)
  default     = []
}

variable "runbook_url" {
  description = "Address of docs/alerts.md; alerts link to its sections."
  type        = string
  default     = "https://github.com/example/registry-relay/blob/main/docs/alerts.md"
}

variable "latency_objective_seconds" {
  description = "Objective: seconds from a push until the copy is at the target, for 99 of 100 copies."
  type        = number
  default     = 300

  validation {
    condition     = var.latency_objective_seconds >= 1
    error_message = "latency_objective_seconds must be at least 1."
  }
}
