terraform {
  # Validations of one variable may look at another from 1.9 on.
  required_version = ">= 1.9"

  required_providers {
    google = {
      source = "hashicorp/google"
      # 7.33 brought deletion_policy to the resources that a destroy must leave.
      version = ">= 7.33, < 8.0"
    }
  }
}
