# What modules/vendor takes, which checks it, and as whom to apply.

variable "deployer" {
  description = "Address of a service account to apply as. The caller needs roles/iam.serviceAccountTokenCreator on it. Default: the caller."
  type        = string
  default     = null
}

variable "project_id" {
  description = "Project that runs the functions. It has all topics and subscriptions, except the gcr topics of sources in other projects."
  type        = string
}

variable "region" {
  description = "Region of the functions. The sources' region saves egress."
  type        = string
}

variable "rules_file" {
  description = "Path of the rules: the same file that `npm run package` packed."
  type        = string
  default     = "../rules.yaml"
}

variable "package_file" {
  description = "Path of the zip of `npm run package`. A .json file with the same name must be next to it."
  type        = string
  default     = "../dist/registry-relay.zip"
}

variable "package_generation" {
  description = "Generation of an earlier package to run instead of package_file, to go back without a build. package_file is uploaded anyway. The last ten are kept; `gcloud storage ls --all-versions` lists them."
  type        = number
  default     = null
}

variable "name_prefix" {
  description = "Prefix of every name, followed by a hyphen, for several deployments in one project: \"staging\" gives staging-copy-jobs."
  type        = string
  default     = ""
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
}

variable "managed_folders" {
  description = "Source folders (gs://BUCKET/FOLDER) that are already managed folders, created by another deployment or by hand. Customers' own accounts get their grants on them. Other managed folders are created."
  type        = set(string)
  default     = []
}

variable "bucket_projects" {
  description = "Project of each bucket in the rules, by bucket name: source buckets outside of project_id and, behind a perimeter, the targets' buckets."
  type        = map(string)
  default     = {}
}

variable "audit_logs" {
  description = "Projects in which to enable the data-access log (DATA_WRITE) of Artifact Registry, the source of template events. This is authoritative: it replaces the service's settings there, such as DATA_READ or exempted members, and a destroy disables it. Leave out projects where it is enabled already, or managed by others."
  type        = set(string)
  default     = []
}

variable "service_accounts" {
  description = "Addresses of your own accounts instead of created ones: for copy-artifact, plan-copies, reconcile, push (Pub/Sub calls the functions as this account of project_id) and build. They get the same grants."
  type        = map(string)
  default     = {}
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
}

variable "grant_propagation" {
  description = "Wait between grants and their first use, because IAM takes a minute or more. An apply waits once per stage, and only for new accounts."
  type        = string
  default     = "90s"
}

variable "grace_seconds" {
  description = "Grace period in seconds: how long a missing source or an unknown rule is retried. Denied access is retried four times as long, because grants take time to spread."
  type        = number
  default     = 600
}

variable "max_manifest_bytes" {
  description = "Size of the largest manifest or index to copy. Registries accept 4 MiB; a manifest is kept in memory."
  type        = number
  default     = 4194304
  nullable    = false
}

variable "log_level" {
  description = "Log level of the functions. Metrics and alerts need info."
  type        = string
  default     = "info"
}

variable "docker_config" {
  description = "Secret Manager secret with a Docker config.json, for targets outside of Google. With a fixed version, each change needs an apply."
  type = object({
    secret  = string
    project = optional(string)
    version = optional(string, "latest")
  })
  default = null
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
}

variable "kms" {
  description = "Customer-managed key for topics, the package, the built images and the functions. Unless grant is false, the service agents are granted its use, and a destroy removes these grants. If two deployments use one key, set grant = false in one."
  type = object({
    key   = string
    grant = optional(bool, true)
  })
  default = null
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
}

variable "message_storage_policy" {
  description = "Regions in which Pub/Sub may store messages (data residency), and whether publishers must be in them too (enforce_in_transit). Default: the organization's policy. The gcr topic keeps its own setting."
  type = object({
    regions            = set(string)
    enforce_in_transit = optional(bool, false)
  })
  default = null
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
}
