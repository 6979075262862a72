variable "project_id" {
  description = "The customer's project that holds the repository."
  type        = string
}

variable "location" {
  description = "Location of the repository: a region, or us, europe or asia."
  type        = string
}

variable "repository" {
  description = "Name of the repository. create_repository makes it; otherwise it exists."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.repository))
    error_message = "repository is the last part of its name: lower-case letters, digits and hyphens."
  }
}

variable "copier" {
  description = "Address of the vendor's account that writes: its output \"copier\"."
  type        = string

  validation {
    condition     = can(regex("^[^@:\\s]+@[^@\\s]+\\.gserviceaccount\\.com$", var.copier))
    error_message = "copier is the address of a service account, without \"serviceAccount:\"."
  }
}

variable "reconciler" {
  description = "Address of the vendor's account that compares your repository with the releases: its output \"reconciler\". null: it may not, and shows you as unreachable."
  type        = string
  default     = null

  validation {
    condition     = var.reconciler == null || can(regex("^[^@:\\s]+@[^@\\s]+\\.gserviceaccount\\.com$", var.reconciler))
    error_message = "reconciler is the address of a service account, without \"serviceAccount:\"."
  }
}

variable "create_repository" {
  description = <<-EOT
    Settings of the repository to create; null: it exists. immutable_tags
    refuses to move a tag (rules may still add new ones). keep_newest and
    delete_older_than_days clean up, if both are set: what is newer, or among
    the newest of its image, stays.
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
    error_message = "keep_newest and delete_older_than_days are set together: alone, one keeps everything and the other keeps nothing."
  }
}

variable "own_account" {
  description = "Name of a service account to make here, which writes in the vendor's place; the vendor may act as it, and an audit shows it. null: the vendor's account writes."
  type        = string
  default     = null

  validation {
    condition     = var.own_account == null || can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.own_account))
    error_message = "own_account is 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "perimeter" {
  description = <<-EOT
    The perimeter around project_id (accessPolicies/N/servicePerimeters/NAME),
    and its numbers: this project's, and the vendor's, from whose network the
    calls come. Without vendor_project_number they may come from anywhere. mode
    is "enforced", "dry-run" or "both".
  EOT
  type = object({
    name                  = string
    project_number        = string
    vendor_project_number = optional(string)
    mode                  = optional(string, "enforced")
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
      ] : number == null || can(regex("^[0-9]+$", number))
    ])
    error_message = "Perimeter rules take project numbers, not ids."
  }
}
