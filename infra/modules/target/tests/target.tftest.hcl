mock_provider "google" {
  override_during = plan
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
      google_artifact_registry_repository_iam_member.writer[0].project == "acme-prod" &&
      google_artifact_registry_repository_iam_member.writer[0].repository == "vendor" &&
      google_artifact_registry_repository_iam_member.writer[0].role == "roles/artifactregistry.writer" &&
      google_artifact_registry_repository_iam_member.writer[0].member == "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
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

run "writes_no_setting_that_is_false" {
  command = plan
  variables {
    create_repository = {}
  }

  assert {
    condition     = length(google_artifact_registry_repository.main[0].docker_config) == 0
    error_message = "The API would leave it out, and every plan would put it back."
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
      google_artifact_registry_repository_iam_member.writer[0].member == "serviceAccount:image-release@acme-prod.iam.gserviceaccount.com" &&
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

run "knows_its_own_account_in_a_domain_scoped_project" {
  command = plan
  variables {
    project_id  = "example.com:images"
    own_account = "image-release"
  }

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.writer[0].member == "serviceAccount:image-release@images.example.com.iam.gserviceaccount.com" &&
      output.rules_target.impersonate == "image-release@images.example.com.iam.gserviceaccount.com"
    )
    error_message = "In an address the project stands before its domain."
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
    error_message = "Only the two Docker methods and the vendor's accounts may enter."
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

run "takes_every_kind" {
  command = plan
  variables {
    templates  = "pipelines"
    bucket     = "acme-prod-models"
    reconciler = "reconcile@vendor-release.iam.gserviceaccount.com"
  }

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.templates_writer[0].repository == "pipelines" &&
      google_artifact_registry_repository_iam_member.templates_writer[0].role == "roles/artifactregistry.writer" &&
      google_artifact_registry_repository_iam_member.templates_writer[0].member == "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com" &&
      google_storage_bucket_iam_member.writer[0].bucket == "acme-prod-models" &&
      google_storage_bucket_iam_member.writer[0].role == "roles/storage.objectUser" &&
      google_storage_bucket_iam_member.writer[0].member == "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"
    )
    error_message = "The vendor's account writes to these places, and to no others."
  }

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.templates_reader["serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"].role == "roles/artifactregistry.reader" &&
      google_storage_bucket_iam_member.reader["serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"].role == "roles/storage.objectViewer"
    )
    error_message = "Comparing takes reading."
  }

  assert {
    condition = output.rules_target == {
      repository = "us-docker.pkg.dev/acme-prod/vendor"
      templates  = "us-kfp.pkg.dev/acme-prod/pipelines"
      bucket     = "gs://acme-prod-models"
    }
    error_message = "What the vendor writes into rules.yaml."
  }

  assert {
    condition     = length(google_artifact_registry_repository.templates) == 0 && length(google_storage_bucket.main) == 0
    error_message = "Nothing is made that was not asked for."
  }
}

run "takes_one_kind_alone" {
  command = plan
  variables {
    repository  = null
    bucket      = "acme-prod-models"
    own_account = "image-release"
    reconciler  = "reconcile@vendor-release.iam.gserviceaccount.com"
  }

  assert {
    condition = (
      length(google_artifact_registry_repository_iam_member.writer) == 0 &&
      length(google_artifact_registry_repository_iam_member.reader) == 0 &&
      length(google_artifact_registry_repository_iam_member.templates_writer) == 0 &&
      length(google_artifact_registry_repository_iam_member.templates_reader) == 0 &&
      length(google_storage_bucket_iam_member.reader) == 0 &&
      google_storage_bucket_iam_member.writer[0].member == "serviceAccount:image-release@acme-prod.iam.gserviceaccount.com"
    )
    error_message = "Only our account may write objects."
  }

  assert {
    condition = output.rules_target == {
      bucket      = "gs://acme-prod-models"
      impersonate = "image-release@acme-prod.iam.gserviceaccount.com"
    }
    error_message = "A target of objects alone."
  }
}

run "creates_what_a_destroy_leaves" {
  command = plan
  variables {
    templates        = "pipelines"
    bucket           = "acme-prod-models"
    create_templates = { kms_key = "projects/k/locations/us/keyRings/r/cryptoKeys/k" }
    create_bucket    = { kms_key = "projects/k/locations/us/keyRings/r/cryptoKeys/k", versioning = true, soft_delete_days = 30 }
  }

  assert {
    condition = (
      google_artifact_registry_repository.templates[0].format == "KFP" &&
      google_artifact_registry_repository.templates[0].kms_key_name == "projects/k/locations/us/keyRings/r/cryptoKeys/k" &&
      google_artifact_registry_repository.templates[0].deletion_policy == "ABANDON"
    )
    error_message = "A repository of templates, which stays."
  }

  assert {
    condition = (
      google_storage_bucket.main[0].uniform_bucket_level_access &&
      google_storage_bucket.main[0].public_access_prevention == "enforced" &&
      google_storage_bucket.main[0].encryption[0].default_kms_key_name == "projects/k/locations/us/keyRings/r/cryptoKeys/k" &&
      google_storage_bucket.main[0].versioning[0].enabled &&
      google_storage_bucket.main[0].soft_delete_policy[0].retention_duration_seconds == 2592000 &&
      google_storage_bucket.main[0].deletion_policy == "ABANDON"
    )
    error_message = "A private bucket, which stays and keeps what is replaced."
  }
}

run "lets_each_kind_in_by_its_own_methods" {
  command = plan
  variables {
    templates  = "pipelines"
    bucket     = "acme-prod-models"
    reconciler = "reconcile@vendor-release.iam.gserviceaccount.com"
    perimeter = {
      name                         = "accessPolicies/7/servicePerimeters/prod"
      project_number               = "21"
      vendor_project_number        = "123456789"
      vendor_bucket_project_number = "11"
      mode                         = "both"
    }
  }

  assert {
    condition = {
      for name, rule in google_access_context_manager_service_perimeter_ingress_policy.main :
      rule.title => join(" ", [
        split("@", rule.ingress_from[0].identities[0])[0],
        rule.ingress_to[0].operations[0].service_name,
        join(",", sort([for selector in rule.ingress_to[0].operations[0].method_selectors : selector.method])),
      ])
      } == {
      "image releases: vendor"                       = "serviceAccount:copy-artifact artifactregistry.googleapis.com artifactregistry.googleapis.com/DockerRead,artifactregistry.googleapis.com/DockerWrite"
      "image release comparisons: vendor"            = "serviceAccount:reconcile artifactregistry.googleapis.com artifactregistry.googleapis.com/DockerRead"
      "template releases: pipelines"                 = "serviceAccount:copy-artifact artifactregistry.googleapis.com *"
      "template release comparisons: pipelines"      = "serviceAccount:reconcile artifactregistry.googleapis.com *"
      "object releases: acme-prod-models"            = "serviceAccount:copy-artifact storage.googleapis.com google.storage.Write,google.storage.objects.create,google.storage.objects.get,google.storage.objects.list"
      "object release comparisons: acme-prod-models" = "serviceAccount:reconcile storage.googleapis.com google.storage.objects.get,google.storage.objects.list"
    }
    error_message = "Only each kind's methods and the vendor's accounts may enter."
  }

  assert {
    condition = [
      for rule in values(google_access_context_manager_service_perimeter_egress_policy.main) :
      "${rule.title} ${join(",", rule.egress_from[0].identities)} ${join(",", rule.egress_to[0].resources)} ${rule.egress_to[0].operations[0].service_name}"
    ] == ["object sources: acme-prod-models serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com projects/11 storage.googleapis.com"]
    error_message = "A copy between buckets goes out to the vendor's, as who writes, and nowhere else."
  }

  assert {
    condition = (
      keys(google_access_context_manager_service_perimeter_dry_run_ingress_policy.main) == keys(google_access_context_manager_service_perimeter_ingress_policy.main) &&
      keys(google_access_context_manager_service_perimeter_dry_run_egress_policy.main) == keys(google_access_context_manager_service_perimeter_egress_policy.main)
    )
    error_message = "The dry run is not of the same rules."
  }
}

run "goes_out_to_the_vendors_own_project_by_default" {
  command = plan
  variables {
    bucket      = "acme-prod-models"
    own_account = "image-release"
    perimeter = {
      name                  = "accessPolicies/7/servicePerimeters/prod"
      project_number        = "21"
      vendor_project_number = "123456789"
    }
  }

  assert {
    condition = (
      google_access_context_manager_service_perimeter_egress_policy.main["object sources"].egress_to[0].resources == tolist(["projects/123456789"]) &&
      google_access_context_manager_service_perimeter_egress_policy.main["object sources"].egress_from[0].identities == tolist(["serviceAccount:image-release@acme-prod.iam.gserviceaccount.com"])
    )
    error_message = "Our account reads the vendor's bucket."
  }
}

run "needs_a_place" {
  command = plan
  variables {
    repository = null
  }
  expect_failures = [var.repository]
}

run "needs_two_repositories_for_two_formats" {
  command = plan
  variables {
    templates = "vendor"
  }
  expect_failures = [var.repository]
}

run "needs_a_name_for_what_it_creates" {
  command = plan
  variables {
    create_bucket    = {}
    create_templates = {}
  }
  expect_failures = [var.bucket, var.templates]
}

run "needs_the_project_that_objects_come_from" {
  command = plan
  variables {
    bucket = "acme-prod-models"
    perimeter = {
      name           = "accessPolicies/7/servicePerimeters/prod"
      project_number = "21"
    }
  }
  expect_failures = [var.perimeter]
}

run "keeps_deleted_objects_as_cloud_storage_can" {
  command = plan
  variables {
    bucket        = "acme-prod-models"
    create_bucket = { soft_delete_days = 3 }
  }
  expect_failures = [var.create_bucket]
}

run "lets_its_own_account_mount_from_the_vendors_hub" {
  command = plan
  variables {
    own_account = "image-release"
    hub         = { project_id = "vendor-europe", location = "us", repository = "releases" }
  }

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.hub[0].project == "vendor-europe" &&
      google_artifact_registry_repository_iam_member.hub[0].location == "us" &&
      google_artifact_registry_repository_iam_member.hub[0].repository == "releases" &&
      google_artifact_registry_repository_iam_member.hub[0].role == "roles/artifactregistry.reader" &&
      google_artifact_registry_repository_iam_member.hub[0].member == "serviceAccount:image-release@acme-prod.iam.gserviceaccount.com" &&
      output.hub_grant == null
    )
    error_message = "The account that writes here may not read there."
  }
}

run "asks_the_vendor_where_it_may_not_grant" {
  command = plan
  variables {
    own_account = "image-release"
    hub         = { project_id = "vendor-europe", location = "us", repository = "releases", grant = false }
  }

  assert {
    condition = (
      length(google_artifact_registry_repository_iam_member.hub) == 0 &&
      strcontains(output.hub_grant, "--member=serviceAccount:image-release@acme-prod.iam.gserviceaccount.com --role=roles/artifactregistry.reader") &&
      strcontains(output.hub_grant, "add-iam-policy-binding releases")
    )
    error_message = "No command asks an owner to grant it."
  }
}

run "grants_nothing_there_unasked" {
  command = plan

  assert {
    condition     = length(google_artifact_registry_repository_iam_member.hub) == 0 && output.hub_grant == null
    error_message = "Without hub there is nothing of it."
  }
}

run "needs_an_account_to_grant_to" {
  command = plan
  variables {
    hub = { project_id = "vendor-europe", location = "us", repository = "releases" }
  }
  expect_failures = [var.hub]
}

run "mounts_within_one_location_alone" {
  command = plan
  variables {
    own_account = "image-release"
    hub         = { project_id = "vendor-europe", location = "europe", repository = "releases" }
  }
  expect_failures = [var.hub]
}
