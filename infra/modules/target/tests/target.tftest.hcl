mock_provider "google" {
  override_during = plan
  mock_resource "google_service_account" {
    defaults = {
      email  = "image-release@acme-prod.iam.gserviceaccount.com"
      member = "serviceAccount:image-release@acme-prod.iam.gserviceaccount.com"
      name   = "projects/acme-prod/serviceAccounts/image-release@acme-prod.iam.gserviceaccount.com"
    }
  }
}

variables {
  project_id = "acme-prod"
  location   = "us"
  repository = "vendor"
  copier     = "copy-artifact@vendor-release.iam.gserviceaccount.com"
}

run "grants_the_vendor_one_repository" {
  command = plan

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.writer.project == "acme-prod" &&
      google_artifact_registry_repository_iam_member.writer.repository == "vendor" &&
      google_artifact_registry_repository_iam_member.writer.role == "roles/artifactregistry.writer" &&
      google_artifact_registry_repository_iam_member.writer.member == "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
    )
    error_message = "The vendor's account writes to this one repository."
  }

  assert {
    condition     = length(google_artifact_registry_repository.main) == 0 && length(google_service_account.writer) == 0 && length(google_access_context_manager_service_perimeter_ingress_policy.main) == 0
    error_message = "Nothing is made that was not asked for."
  }

  assert {
    condition     = output.rules_target == { repository = "us-docker.pkg.dev/acme-prod/vendor" }
    error_message = "What the vendor writes into rules.yaml."
  }
}

run "creates_a_repository_that_a_destroy_leaves" {
  command = plan
  variables {
    create_repository = {
      immutable_tags         = true
      keep_newest            = 20
      delete_older_than_days = 90
      kms_key                = "projects/k/locations/us/keyRings/r/cryptoKeys/k"
    }
  }

  assert {
    condition = (
      google_artifact_registry_repository.main[0].docker_config[0].immutable_tags &&
      google_artifact_registry_repository.main[0].kms_key_name == "projects/k/locations/us/keyRings/r/cryptoKeys/k" &&
      google_artifact_registry_repository.main[0].deletion_policy == "ABANDON"
    )
    error_message = "Settings are lost, or a destroy would delete images."
  }

  assert {
    condition = {
      for policy in google_artifact_registry_repository.main[0].cleanup_policies :
      policy.id => policy.action == "KEEP" ? tostring(policy.most_recent_versions[0].keep_count) : policy.condition[0].older_than
    } == { keep-newest = "20", delete-older = "7776000s" }
    error_message = "Clean-up keeps the newest and deletes the old."
  }
}

run "lets_the_vendor_act_as_the_customers_own_account" {
  command = plan
  variables {
    own_account = "image-release"
    reconciler  = "reconcile@vendor-release.iam.gserviceaccount.com"
  }

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.writer.member == "serviceAccount:image-release@acme-prod.iam.gserviceaccount.com" &&
      keys(google_service_account_iam_member.vendor) == [
        "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com",
        "serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com",
      ] &&
      alltrue([for grant in google_service_account_iam_member.vendor : grant.role == "roles/iam.serviceAccountTokenCreator"]) &&
      length(google_artifact_registry_repository_iam_member.reader) == 0
    )
    error_message = "Our account writes, and the vendor's may only act as it."
  }

  assert {
    condition     = output.rules_target.impersonate == "image-release@acme-prod.iam.gserviceaccount.com"
    error_message = "The rules name the account."
  }
}

run "lets_the_vendor_in_for_docker_alone" {
  command = plan
  variables {
    perimeter = {
      name                  = "accessPolicies/7/servicePerimeters/prod"
      project_number        = "21"
      vendor_project_number = "123456789"
      mode                  = "both"
    }
  }

  assert {
    condition = alltrue([
      for rule in concat(
        values(google_access_context_manager_service_perimeter_ingress_policy.main),
        values(google_access_context_manager_service_perimeter_dry_run_ingress_policy.main),
      ) :
      rule.ingress_from[0].identities == tolist(["serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"]) &&
      rule.ingress_from[0].sources[0].resource == "projects/123456789" &&
      rule.ingress_to[0].resources == tolist(["projects/21"]) &&
      join(",", rule.ingress_to[0].operations[*].service_name) == "artifactregistry.googleapis.com" &&
      join(",", rule.ingress_to[0].operations[0].method_selectors[*].method) ==
      "artifactregistry.googleapis.com/DockerRead,artifactregistry.googleapis.com/DockerWrite"
    ])
    error_message = "More than the two Docker methods come in, or somebody else."
  }

  assert {
    condition     = length(google_access_context_manager_service_perimeter_ingress_policy.main) == 1 && length(google_access_context_manager_service_perimeter_dry_run_ingress_policy.main) == 1
    error_message = "Enforced and dry-run, one rule each."
  }
}

run "tells_writer_and_token_apart_in_the_perimeter" {
  command = plan
  variables {
    own_account = "image-release"
    perimeter = {
      name           = "accessPolicies/7/servicePerimeters/prod"
      project_number = "21"
    }
  }

  assert {
    condition = {
      for name, rule in google_access_context_manager_service_perimeter_ingress_policy.main :
      rule.ingress_to[0].operations[0].service_name => rule.ingress_from[0].identities[0]
      } == {
      "artifactregistry.googleapis.com" = "serviceAccount:image-release@acme-prod.iam.gserviceaccount.com"
      "iamcredentials.googleapis.com"   = "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
    }
    error_message = "The registry sees the customer's account, iamcredentials the vendor's."
  }

  assert {
    condition     = google_access_context_manager_service_perimeter_ingress_policy.main["image releases"].ingress_from[0].sources[0].access_level == "*"
    error_message = "Without the vendor's number, calls may come from anywhere."
  }
}

run "lets_the_vendor_compare" {
  command = plan
  variables {
    reconciler = "reconcile@vendor-release.iam.gserviceaccount.com"
    perimeter = {
      name           = "accessPolicies/7/servicePerimeters/prod"
      project_number = "21"
    }
  }

  assert {
    condition     = google_artifact_registry_repository_iam_member.reader["serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"].role == "roles/artifactregistry.reader"
    error_message = "Comparing takes reading."
  }

  assert {
    condition     = join(",", google_access_context_manager_service_perimeter_ingress_policy.main["image release comparisons"].ingress_to[0].operations[0].method_selectors[*].method) == "artifactregistry.googleapis.com/DockerRead"
    error_message = "Who compares comes in to read."
  }
}

run "wants_both_halves_of_a_clean_up" {
  command = plan
  variables {
    create_repository = { delete_older_than_days = 30 }
  }
  expect_failures = [var.create_repository]
}

run "wants_numbers_in_perimeters" {
  command = plan
  variables {
    perimeter = {
      name           = "accessPolicies/7/servicePerimeters/prod"
      project_number = "acme-prod"
    }
  }
  expect_failures = [var.perimeter]
}
