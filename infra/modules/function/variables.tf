variable "name" {
  description = "Name of the function, and so of the Cloud Run service below it."
  type        = string
}

variable "account" {
  description = "Address of the service account that it runs as."
  type        = string
}

variable "config" {
  description = "What runs, from which package, how large, and who may call it."
  type = object({
    project              = string
    region               = string
    labels               = map(string)
    entry_point          = string
    environment          = map(string)
    log_level            = string
    timeout              = number
    bucket               = string
    object               = string
    generation           = number
    build_account        = string
    build_worker_pool    = optional(string)
    docker_repository    = string
    invoker              = string
    kms_key              = optional(string)
    binary_authorization = optional(string)
    size = object({
      memory        = string
      cpu           = string
      concurrency   = number
      min_instances = number
      max_instances = number
    })
    docker_config = optional(object({
      secret  = string
      project = optional(string)
      version = string
    }))
    vpc = optional(object({
      network    = string
      subnetwork = string
      tags       = list(string)
    }))
  })

  validation {
    condition = (
      alltrue([
        for value in [var.config.size.concurrency, var.config.size.max_instances, var.config.size.min_instances + 1] :
        value >= 1 && floor(value) == value
      ]) && var.config.size.min_instances <= var.config.size.max_instances
    )
    error_message = "concurrency and max_instances are whole numbers from 1 up, min_instances from 0 up to max_instances."
  }
}
