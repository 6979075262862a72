variable "project_id" {
  description = "The customer's project that holds the repositories and the bucket."
  type        = string
}

variable "location" {
  description = "Location of the repositories and of a created bucket: a region, or us, europe or asia."
  type        = string
}

variable "repository" {
  description = "Name of the repository for images. It must exist, unless create_repository is set. null: no images."
  type        = string
  default     = null

  validation {
    condition     = var.repository == null || can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.repository))
    error_message = "repository is the last part of its name: lower-case letters, digits and hyphens."
  }

  validation {
    condition     = length(compact([var.repository, var.templates, var.bucket])) > 0
    error_message = "Set at least one of repository, templates and bucket."
  }

  validation {
    condition     = var.repository == null || var.repository != var.templates
    error_message = "templates and repository must be different repositories, because their formats differ."
  }

  validation {
    condition     = var.repository != null || var.create_repository == null
    error_message = "create_repository requires repository."
  }
}

variable "templates" {
  description = "Name of the repository for Kubeflow pipeline templates. It must exist, unless create_templates is set. null: no templates."
  type        = string
  default     = null

  validation {
    condition     = var.templates == null || can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.templates))
    error_message = "templates is the last part of the repository's name: lower-case letters, digits and hyphens."
  }

  validation {
    condition     = var.templates != null || var.create_templates == null
    error_message = "create_templates requires templates."
  }
}

variable "bucket" {
  description = "Name of the bucket for objects. Use it for nothing else, because replacing objects includes the right to delete. It must exist, unless create_bucket is set. null: no objects."
  type        = string
  default     = null

  validation {
    condition     = var.bucket == null || can(regex("^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$", var.bucket))
    error_message = "bucket is the name of a bucket, without \"gs://\" and folder."
  }

  validation {
    condition     = var.bucket != null || var.create_bucket == null
    error_message = "create_bucket requires bucket."
  }
}

variable "copier" {
  description = "Address of the vendor's account that writes (the vendor's output \"copier\")."
  type        = string

  validation {
    condition     = can(regex("^[^@:\\s]+@[^@\\s]+\\.gserviceaccount\\.com$", var.copier))
    error_message = "copier is the address of a service account, without \"serviceAccount:\"."
  }
}

variable "reconciler" {
  description = "Address of the vendor's account that compares (the vendor's output \"reconciler\"). null: the vendor cannot compare, and sees this target as unreachable."
  type        = string
  default     = null

  validation {
    condition     = var.reconciler == null || can(regex("^[^@:\\s]+@[^@\\s]+\\.gserviceaccount\\.com$", var.reconciler))
    error_message = "reconciler is the address of a service account, without \"serviceAccount:\"."
  }
}

variable "create_repository" {
  description = <<-EOT
    Settings of the repository to create. null: it exists. With
    immutable_tags a tag cannot be moved; new tags can be added. keep_newest
    and delete_older_than_days, set together, delete images that are older and
    not among the newest of their name.
  EOT
  type = object({
    description            = optional(string, "Images released by our vendor.")
    immutable_tags         = optional(bool, false)
    keep_newest            = optional(number)
    delete_older_than_days = optional(number)
    clean_up_dry_run       = optional(bool, false)
    kms_key                = optional(string)
    labels                 = optional(map(string), {})
  })
  default = null

  validation {
    condition = (
      try(var.create_repository.keep_newest, null) == null
      ) == (
      try(var.create_repository.delete_older_than_days, null) == null
    )
    error_message = "Set keep_newest and delete_older_than_days together: alone, one keeps everything and the other keeps nothing."
  }
}

variable "create_templates" {
  description = "Settings of the repository for templates to create. null: it exists."
  type = object({
    description = optional(string, "Pipeline templates released by our vendor.")
    kms_key     = optional(string)
    labels      = optional(map(string), {})
  })
  default = null
}

variable "create_bucket" {
  description = "Settings of the bucket to create. null: it exists. Replaced objects can be restored for soft_delete_days, and with versioning until your lifecycle rule deletes them."
  type = object({
    versioning       = optional(bool, false)
    soft_delete_days = optional(number, 7)
    kms_key          = optional(string)
    labels           = optional(map(string), {})
  })
  default = null

  validation {
    condition = contains(
      concat([0], range(7, 91)), try(var.create_bucket.soft_delete_days, 7)
    )
    error_message = "soft_delete_days must be 0, or from 7 to 90."
  }
}

variable "own_account" {
  description = "Name of a service account to create, which the vendor acts as to write; audit logs show it. null: the vendor's account writes."
  type        = string
  default     = null

  validation {
    condition     = var.own_account == null || can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.own_account))
    error_message = "own_account is 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "hub" {
  description = "The vendor's repository that releases come from, on the same host (LOCATION-docker.pkg.dev). own_account may then read it, so that layers are mounted and not sent. The deployer must be allowed to grant there; with grant = false, send the output hub_grant to the vendor."
  type = object({
    project_id = string
    location   = string
    repository = string
    grant      = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.hub == null || (var.own_account != null && var.repository != null)
    error_message = "hub requires own_account and repository: the vendor's account can read the hub already."
  }

  validation {
    condition     = var.hub == null || try(var.hub.location, "") == var.location
    error_message = "hub.location must equal location: layers cannot be mounted from another location."
  }
}

variable "perimeter" {
  description = <<-EOT
    The perimeter around project_id (accessPolicies/N/servicePerimeters/NAME),
    with the numbers of this project and of the vendor's project, from whose
    network the calls come. Without vendor_project_number they may come from
    anywhere. A copy between buckets also goes out to the vendor's bucket; if
    that is in another project, set vendor_bucket_project_number. mode is
    "enforced", "dry-run" or "both".
  EOT
  type = object({
    name                         = string
    project_number               = string
    vendor_project_number        = optional(string)
    vendor_bucket_project_number = optional(string)
    mode                         = optional(string, "enforced")
  })
  default = null

  validation {
    condition = var.perimeter == null || can(regex(
      "^accessPolicies/[0-9]+/servicePerimeters/[^/]+$", var.perimeter.name
    ))
    error_message = "perimeter.name is accessPolicies/NUMBER/servicePerimeters/NAME."
  }

  validation {
    condition = contains(
      ["enforced", "dry-run", "both"], try(var.perimeter.mode, "both")
    )
    error_message = "perimeter.mode is \"enforced\", \"dry-run\" or \"both\"."
  }

  validation {
    condition = alltrue([
      for number in [
        try(var.perimeter.project_number, null),
        try(var.perimeter.vendor_project_number, null),
        try(var.perimeter.vendor_bucket_project_number, null),
      ] : number == null || can(regex("^[0-9]+$", number))
    ])
    error_message = "Perimeter rules require project numbers, not IDs."
  }

  validation {
    condition = var.perimeter == null || var.bucket == null || length(compact([
      try(var.perimeter.vendor_bucket_project_number, null),
      try(var.perimeter.vendor_project_number, null),
    ])) > 0
    error_message = "With bucket, set perimeter.vendor_bucket_project_number or vendor_project_number."
  }
}
