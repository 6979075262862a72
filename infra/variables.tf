# What modules/vendor takes, which checks it, and as whom to apply.

variable "deployer" {
  description = "Service account to apply as, by address: whoever applies must be allowed to act as it (roles/iam.serviceAccountTokenCreator). Default: as whoever applies."
  type        = string
  default     = null
}

variable "project_id" {
  description = "Project that runs the functions; it holds every topic and subscription except, where a source lives elsewhere, that source's gcr topic."
  type        = string
}

variable "region" {
  description = "Region of the functions; the sources' own region saves egress."
  type        = string
}

variable "rules_file" {
  description = "Path of the rules: the same file that `npm run package` packed."
  type        = string
  default     = "../rules.yaml"
}

variable "package_file" {
  description = "Path of the zip that `npm run package` wrote; a .json with its facts stands beside it."
  type        = string
  default     = "../dist/registry-relay.zip"
}

variable "package_generation" {
  description = "Generation of an earlier package to run in place of package_file, which is uploaded all the same: to go back without a build of one's own. The last ten are kept; `gcloud storage ls --all-versions` lists them."
  type        = number
  default     = null
}

variable "name_prefix" {
  description = "Put before every name, with a hyphen, so that several deployments fit one project: \"staging\" gives staging-copy-jobs."
  type        = string
  default     = ""
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
}

variable "managed_folders" {
  description = "Folders of sources (gs://BUCKET/FOLDER) that are managed folders already, because another deployment or somebody else made them. Customers' own accounts get their grants there; all others that need one are made."
  type        = set(string)
  default     = []
}

variable "bucket_projects" {
  description = "Projects of the rules' buckets, by name of bucket, since no name tells: of sources that are not in project_id and, behind a perimeter, of the targets' buckets."
  type        = map(string)
  default     = {}
}

variable "audit_logs" {
  description = "Projects in which the data-access log (DATA_WRITE) of Artifact Registry is switched on, by which planCopies learns of templates. This is authoritative: it replaces what is set for the service there, such as DATA_READ or exempted members, and a destroy switches it off. Leave out projects where it is on already, or somebody else sets it."
  type        = set(string)
  default     = []
}

variable "service_accounts" {
  description = "Accounts of your own, by address, in place of those that are made here: for copy-artifact, plan-copies, reconcile, for push (Pub/Sub calls the functions as it; in project_id) and for build. They get the same grants."
  type        = map(string)
  default     = {}
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
}

variable "grant_propagation" {
  description = "How long an apply waits after granting before it uses the grants: IAM takes a minute or more. An apply waits once for each stage, and only where accounts are new."
  type        = string
  default     = "90s"
}

variable "grace_seconds" {
  description = "How long a tag that is gone and a rule that is not known yet are tried again; four times that for denied access, because grants take time to spread."
  type        = number
  default     = 600
}

variable "max_manifest_bytes" {
  description = "The largest manifest or index that is copied. Registries take 4 MiB; it is held in memory whole."
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
  description = "Secret Manager secret with a Docker config.json, for targets that are no Google registry. A fixed version makes a change a deployment."
  type = object({
    secret  = string
    project = optional(string)
    version = optional(string, "latest")
  })
  default = null
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
}

variable "kms" {
  description = "Customer-managed key for topics, the package, the built images and the functions. Unless grant is false, the service agents are granted its use, which a destroy takes away: of two deployments with one key, one grants."
  type = object({
    key   = string
    grant = optional(bool, true)
  })
  default = null
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
}

variable "message_storage_policy" {
  description = "Regions in which Pub/Sub may keep messages (data residency), and whether publishers must be in them, too (enforce_in_transit). Default: as the organization's policy says. The gcr topic keeps what its owners set."
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
}
