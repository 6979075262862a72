variable "project_id" {
  description = "Project that runs the functions; it holds every topic and subscription except, where a source lives elsewhere, that source's gcr topic."
  type        = string

  validation {
    condition = can(regex(
      "^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id
    ))
    error_message = "project_id is a project id such as \"vendor-release\", not a name or a number."
  }
}

variable "region" {
  description = "Region of the functions; the sources' own region saves egress."
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
    error_message = "There is no such file: ${var.rules_file}. Paths are relative to the folder that is applied."
  }
}

variable "package_file" {
  description = "Path of the zip that `npm run package` wrote; a .json with its facts stands beside it."
  type        = string

  validation {
    condition = (
      endswith(var.package_file, ".zip") && fileexists(var.package_file) &&
      fileexists("${trimsuffix(var.package_file, ".zip")}.json")
    )
    error_message = "There is no such package: ${var.package_file}. Run `npm run package` first."
  }
}

variable "package_generation" {
  description = "Generation of an earlier package to run in place of package_file, which is uploaded all the same: to go back without a build of one's own. The last ten are kept; `gcloud storage ls --all-versions` lists them."
  type        = number
  default     = null

  validation {
    condition     = var.package_generation == null || can(regex("^[1-9][0-9]*$", var.package_generation))
    error_message = "package_generation is the number after the # in what `gcloud storage ls --all-versions` lists."
  }
}

variable "name_prefix" {
  description = "Put before every name, with a hyphen, so that several deployments fit one project: \"staging\" gives staging-copy-jobs."
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
  description = "Source repositories (LOCATION-docker.pkg.dev/PROJECT/REPOSITORY, LOCATION-kfp.pkg.dev/...) and buckets (gs://BUCKET) whose IAM, log sink or notifications somebody else manages; the output source_grants tells them what to do."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(
      var.foreign_sources, concat(keys(local.sources), keys(local.source_buckets)),
    )) == 0
    error_message = "foreign_sources names what is no source of the rules: ${join(", ", setsubtract(var.foreign_sources, concat(keys(local.sources), keys(local.source_buckets))))}."
  }
}

variable "managed_folders" {
  description = "Folders of sources (gs://BUCKET/FOLDER) that are managed folders already, because another deployment or somebody else made them. Customers' own accounts get their grants there; all others that need one are made."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.managed_folders, keys(local.folder_readers))) == 0
    error_message = "managed_folders names what no customer's account reads: ${join(", ", setsubtract(var.managed_folders, keys(local.folder_readers)))}."
  }
}

variable "bucket_projects" {
  description = "Projects of the rules' buckets, by name of bucket, since no name tells: of sources that are not in project_id and, behind a perimeter, of the targets' buckets."
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
  description = "Projects in which the data-access log (DATA_WRITE) of Artifact Registry is switched on, by which planCopies learns of templates. This is authoritative: it replaces what is set for the service there, such as DATA_READ or exempted members, and a destroy switches it off. Leave out projects where it is on already, or somebody else sets it."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.audit_logs, setunion([
      for kind in keys(local.audit_methods) : local.source_projects[kind]
    ]...))) == 0
    error_message = "audit_logs names a project that holds no ${join(" or ", keys(local.audit_methods))} that the rules release."
  }
}

variable "service_accounts" {
  description = "Accounts of your own, by address, in place of those that are made here: for copy-artifact, plan-copies, reconcile, for push (Pub/Sub calls the functions as it; in project_id) and for build. They get the same grants."
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
    # Who may write to customers, and who may call the functions, is told apart by this.
    condition     = length(distinct(values(var.service_accounts))) == length(var.service_accounts)
    error_message = "service_accounts takes an account of its own for each: one for two would have the rights of both."
  }
}

variable "deletion_protection" {
  description = "Whether a destroy, or a change of project_id, refuses to delete the functions' accounts. Customers' grants name an account's unique id: they hold for no other account of the same name. Set it to false, and apply, before you destroy."
  type        = bool
  default     = true
}

variable "plan_copies" {
  description = "Size of planCopies. It holds a gRPC client and no image: many small requests fit one instance."
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
    error_message = "More than one request at a time needs a whole CPU."
  }
}

variable "copy_artifact" {
  description = "Size of copyArtifact, from the figures in docs/scaling.md. Node carries bytes on one thread, so one CPU; 32 blobs at once took 200 MB. A killed instance sends its copies back to the queue: keep concurrency low, and raise max_instances. Cloud Run rejects more instances than the project's CPU and memory quotas in the region allow, and small quotas allow 10."
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
    error_message = "blob_concurrency and copy_timeout are whole numbers from 1 up."
  }

  validation {
    condition     = var.copy_artifact.concurrency == 1 || tonumber(var.copy_artifact.cpu) >= 1
    error_message = "More than one request at a time needs a whole CPU."
  }

  validation {
    # What is left answers Pub/Sub: publish to a lane, log, return.
    condition     = var.copy_artifact.copy_timeout >= 60 && var.copy_artifact.copy_timeout <= local.function_timeout - 60
    error_message = "copy_timeout is from 60 seconds up to a minute below the function's own time-out."
  }
}

variable "reconcile" {
  description = "Size of reconcile, when it runs (cron, in UTC; \"\": only when a message asks), how many hours apart that is at most (the alert on drift compares two runs), how fast it asks registries and publishes repairs, so that releases are not held up, and after how many requests or seconds a part of a run hands on to the next."
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
    error_message = "part_seconds is from 1 up to half of the function's own time-out."
  }

  validation {
    condition = alltrue([
      for value in [
        var.reconcile.hours_apart, var.reconcile.request_budget, var.reconcile.part_seconds,
        var.reconcile.jobs_per_second, var.reconcile.requests_per_second,
      ] : value >= 1 && floor(value) == value
    ])
    error_message = "hours_apart, request_budget, part_seconds, jobs_per_second and requests_per_second are whole numbers from 1 up."
  }
}

variable "grant_propagation" {
  description = "How long an apply waits after granting before it uses the grants: IAM takes a minute or more. An apply waits once for each stage, and only where accounts are new."
  type        = string
  default     = "90s"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+(s|m)$", var.grant_propagation))
    error_message = "grant_propagation is a number of seconds or minutes, such as \"90s\" or \"2m\"."
  }
}

variable "grace_seconds" {
  description = "How long a tag that is gone and a rule that is not known yet are tried again; four times that for denied access, because grants take time to spread."
  type        = number
  default     = 600

  validation {
    condition     = var.grace_seconds >= 60 && floor(var.grace_seconds) == var.grace_seconds
    error_message = "grace_seconds is a whole number from 60 up: the functions are deployed one after the other."
  }
}

variable "max_manifest_bytes" {
  description = "The largest manifest or index that is copied. Registries take 4 MiB; it is held in memory whole."
  type        = number
  default     = 4194304
  nullable    = false

  validation {
    condition     = var.max_manifest_bytes >= 1024 && floor(var.max_manifest_bytes) == var.max_manifest_bytes
    error_message = "max_manifest_bytes is a whole number from 1024 up: no image has a smaller limit."
  }
}

variable "log_level" {
  description = "Log level of the functions. Metrics and alerts need info."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info"], var.log_level)
    error_message = "log_level is \"debug\" or \"info\": the metrics are made of the info lines."
  }
}

variable "docker_config" {
  description = "Secret Manager secret with a Docker config.json, for targets that are no Google registry. A fixed version makes a change a deployment."
  type = object({
    secret  = string
    project = optional(string)
    version = optional(string, "latest")
  })
  default = null

  validation {
    condition     = var.docker_config != null || length(local.other_targets) == 0
    error_message = "These targets are no Google registries and need docker_config: ${join(", ", local.other_targets)}."
  }
}

variable "vpc" {
  description = "Network for Direct VPC egress. All traffic goes through it, so it needs a way to Google's APIs and, for other registries, a NAT. Of a Shared VPC both have full names (projects/HOST/...); with host_project, Cloud Run's agent is granted the use of the host's subnetwork."
  type = object({
    network      = string
    subnetwork   = string
    tags         = optional(list(string), [])
    host_project = optional(string)
  })
  default = null

  validation {
    condition     = var.vpc != null || var.perimeter == null
    error_message = "Within a perimeter the functions need vpc: traffic that leaves elsewhere counts as outside."
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
  description = "Customer-managed key for topics, the package, the built images and the functions. Unless grant is false, the service agents are granted its use, which a destroy takes away: of two deployments with one key, one grants."
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
  description = "Signs receipts, which customers then verify with the public key. The key (EC_SIGN_P256_SHA256) is made here, in a key ring of its own in location (default: region), with hsm in hardware, unless key names one that exists. A key ring can never be deleted: one that a destroy has left is imported, or key_ring is another name. version is the one that signs. Unless grant is false, copyArtifact's account is granted to sign and to read the public key. Null: receipts are not signed."
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
    error_message = "signing.location, key_ring and hsm are of the key that is made here: leave them out, or key."
  }

  validation {
    condition     = try(var.signing.version, 1) >= 1 && floor(try(var.signing.version, 1)) == try(var.signing.version, 1)
    error_message = "signing.version is a whole number from 1 up."
  }
}

variable "notices" {
  description = "Tells what becomes of each release, on the topic notices (docs/release-events.md): push posts to endpoints, with a token for audience (default: the endpoint); pull lets members read; bigquery fills a table. target leaves only that target's, filter only what it matches (attributes target, rule, kind, type); neither can be changed later: give another name. Null: nothing is told."
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
      for listener in try(var.notices.push, []) : startswith(listener.endpoint, "https://")
    ])
    error_message = "Notices are pushed by https alone."
  }

  validation {
    condition = alltrue([
      for name in concat(try(var.notices.push[*].name, []), try(var.notices.pull[*].name, [])) :
      can(regex("^[a-z][a-z0-9-]{0,62}$", name)) && name != "bigquery"
    ])
    error_message = "A listener's name is of lower-case letters, digits and hyphens, and not \"bigquery\"."
  }

  validation {
    condition = length(distinct(concat(try(var.notices.push[*].name, []), try(var.notices.pull[*].name, [])))) == length(concat(
      try(var.notices.push[*].name, []), try(var.notices.pull[*].name, []),
    ))
    error_message = "Two listeners of notices have one name."
  }

  validation {
    condition = alltrue([
      for target in concat(try(var.notices.push[*].target, []), try(var.notices.pull[*].target, [])) :
      target == null || contains(local.rules.targets[*].target, coalesce(target, "-"))
    ])
    error_message = "A listener's target is none of rules.yaml: it would be told of nothing."
  }

  validation {
    condition = alltrue([
      for filter in concat(try(var.notices.push[*].filter, []), try(var.notices.pull[*].filter, [])) :
      filter == null || trimspace(coalesce(filter, " ")) != ""
    ])
    error_message = "A listener's filter is empty: leave it out, and all is told."
  }

  validation {
    condition = length(setintersection(
      ["allUsers", "allAuthenticatedUsers"], flatten(try(var.notices.pull[*].members, [])),
    )) == 0
    error_message = "Notices name customers and what they run: allUsers and allAuthenticatedUsers do not read them."
  }
}

variable "message_storage_policy" {
  description = "Regions in which Pub/Sub may keep messages (data residency), and whether publishers must be in them, too (enforce_in_transit). Default: as the organization's policy says. The gcr topic keeps what its owners set."
  type = object({
    regions            = set(string)
    enforce_in_transit = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.message_storage_policy == null || length(try(var.message_storage_policy.regions, [])) > 0
    error_message = "message_storage_policy names at least one region: with none, no message could be kept anywhere."
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
    VPC Service Controls perimeter around project_id. Egress rules are made to
    the targets' projects, whose numbers stand in project_numbers by id. mode
    is "enforced", "dry-run" or "both". deployers (IAM members) get ingress
    for what this configuration calls; other_perimeters are those around the
    gcr topics of other projects, by project id.
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
    error_message = "perimeter.project_numbers has a project's number under its id."
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
  description = "Monitoring notification channels that alerts go to (projects/P/notificationChannels/N)."
  type        = list(string)
  default     = []
}

variable "runbook_url" {
  description = "Where docs/alerts.md is read; alerts link its sections."
  type        = string
  default     = "https://github.com/example/registry-relay/blob/main/docs/alerts.md"
}

variable "latency_objective_seconds" {
  description = "Within how many seconds of its push an image is to be at its targets, for 99 of 100 copies."
  type        = number
  default     = 300

  validation {
    condition     = var.latency_objective_seconds >= 1
    error_message = "latency_objective_seconds is from 1 up: no image is there before it is pushed."
  }
}
