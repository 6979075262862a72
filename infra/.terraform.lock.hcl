# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/google" {
  version     = "7.45.0"
  constraints = ">= 7.33.0, < 8.0.0"
}

provider "registry.terraform.io/hashicorp/time" {
  version     = "0.14.0"
  constraints = ">= 0.9.0, < 1.0.0"
}
