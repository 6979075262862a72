# The vendor's side of VPC Service Controls: what may leave, as whom.

mock_provider "time" {}

mock_provider "google" {
  override_during = plan
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }
  mock_resource "google_logging_project_sink" {
    defaults = { writer_identity = "serviceAccount:service-11@gcp-sa-logging.iam.gserviceaccount.com" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com" }
  }
  mock_resource "google_pubsub_subscription" {
    defaults = { id = "projects/vendor-release/subscriptions/mocked" }
  }
}

override_module {
  target          = module.copy_artifact
  override_during = plan
  outputs         = { uri = "https://copy-artifact-abc-uc.a.run.app", name = "copy-artifact" }
}

override_module {
  target          = module.planner["plan-copies"]
  override_during = plan
  outputs         = { uri = "https://plan-copies-abc-uc.a.run.app", name = "plan-copies" }
}
override_module {
  target          = module.planner["reconcile"]
  override_during = plan
  outputs         = { uri = "https://reconcile-abc-uc.a.run.app", name = "reconcile" }
}

variables {
  project_id    = "vendor-release"
  region        = "us-central1"
  rules_file    = "tests/fixtures/everything/rules.yaml"
  package_file  = "tests/fixtures/everything/relay.zip"
  docker_config = { secret = "registries" }
  vpc           = { network = "release", subnetwork = "functions" }
  perimeter = {
    name      = "accessPolicies/1/servicePerimeters/vendor"
    deployers = ["serviceAccount:deploy@vendor-ci.iam.gserviceaccount.com"]
    other_perimeters = {
      vendor-labs = "accessPolicies/1/servicePerimeters/labs"
    }
    project_numbers = {
      vendor-release            = "123456789"
      vendor-labs               = "11"
      vendor-legacy             = "12"
      acme-prod                 = "21"
      "acme.example:identity"   = "22"
      globex-images             = "23"
      initech-prod              = "24"
      "umbrella.example:images" = "25"
    }
  }
}

run "lets_exactly_the_copies_out" {
  command = plan

  assert {
    condition = jsonencode({
      for title, rule in google_access_context_manager_service_perimeter_egress_policy.main :
      title => {
        who = sort(rule.egress_from[0].identities)
        to  = sort(rule.egress_to[0].resources)
        what = {
          for operation in rule.egress_to[0].operations :
          operation.service_name => sort([for selector in operation.method_selectors : selector.method])
        }
      }
      }) == jsonencode({
      "copies to customers" = {
        who  = ["serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com"]
        to   = ["projects/23", "projects/24", "projects/25"]
        what = { "artifactregistry.googleapis.com" = ["artifactregistry.googleapis.com/DockerRead", "artifactregistry.googleapis.com/DockerWrite"] }
      }
      "comparisons with customers" = {
        who  = ["serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com"]
        to   = ["projects/23", "projects/24", "projects/25"]
        what = { "artifactregistry.googleapis.com" = ["artifactregistry.googleapis.com/DockerRead"] }
      }
      "copies as the customers' accounts" = {
        who  = ["serviceAccount:image-release@identity.acme.example.iam.gserviceaccount.com"]
        to   = ["projects/21"]
        what = { "artifactregistry.googleapis.com" = ["artifactregistry.googleapis.com/DockerRead", "artifactregistry.googleapis.com/DockerWrite"] }
      }
      "tokens of the customers' accounts" = {
        who = [
          "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com",
          "serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com",
        ]
        to   = ["projects/22"]
        what = { "iamcredentials.googleapis.com" = ["*"] }
      }
      "sources in other projects" = {
        who = [
          "serviceAccount:copy-artifact@vendor-release.iam.gserviceaccount.com",
          "serviceAccount:plan-copies@vendor-release.iam.gserviceaccount.com",
          "serviceAccount:reconcile@vendor-release.iam.gserviceaccount.com",
        ]
        to = ["projects/11", "projects/12"]
        what = {
          "artifactregistry.googleapis.com" = [
            "artifactregistry.googleapis.com/DockerRead",
            "google.devtools.artifactregistry.v1.ArtifactRegistry.GetDockerImage",
            "google.devtools.artifactregistry.v1.ArtifactRegistry.GetRepository",
            "google.devtools.artifactregistry.v1.ArtifactRegistry.ListDockerImages",
          ]
        }
      }
      "subscriptions to gcr topics elsewhere" = {
        who  = ["serviceAccount:deploy@vendor-ci.iam.gserviceaccount.com"]
        to   = ["projects/11", "projects/12"]
        what = { "pubsub.googleapis.com" = ["*"] }
      }
    })
    error_message = "More, or less, may leave the perimeter than copies need."
  }

  assert {
    condition     = length(google_access_context_manager_service_perimeter_dry_run_egress_policy.main) == 0
    error_message = "Enforced only."
  }
}

run "lets_builds_and_deployments_in" {
  command = plan

  assert {
    condition = {
      for title, rule in google_access_context_manager_service_perimeter_ingress_policy.main :
      title => "${rule.perimeter} ${join(",", rule.ingress_from[0].identities)} ${join(",", rule.ingress_to[0].resources)}"
      } == {
      "builds"                       = "accessPolicies/1/servicePerimeters/vendor serviceAccount:relay-build@vendor-release.iam.gserviceaccount.com projects/123456789"
      "deployments"                  = "accessPolicies/1/servicePerimeters/vendor serviceAccount:deploy@vendor-ci.iam.gserviceaccount.com projects/123456789"
      "subscriptions to vendor-labs" = "accessPolicies/1/servicePerimeters/labs serviceAccount:deploy@vendor-ci.iam.gserviceaccount.com projects/11"
    }
    error_message = "A way in is missing, or there is one too many."
  }

  assert {
    condition = alltrue([
      for service in ["cloudfunctions", "cloudresourcemanager", "pubsub", "serviceusage", "storage"] : contains(
        google_access_context_manager_service_perimeter_ingress_policy.main["deployments"].ingress_to[0].operations[*].service_name,
        "${service}.googleapis.com",
      )
    ])
    error_message = "Who applies from outside cannot look the project up, or switch a service on."
  }

  assert {
    condition = setsubtract(
      keys(google_project_service.main),
      google_access_context_manager_service_perimeter_ingress_policy.main["deployments"].ingress_to[0].operations[*].service_name,
    ) == toset(["accesscontextmanager.googleapis.com"])
    error_message = "A rule admits every service that a deployment calls, but for the one that perimeters do not support."
  }
}

run "tries_rules_before_it_enforces_them" {
  command = plan
  variables {
    perimeter = {
      name = "accessPolicies/1/servicePerimeters/vendor"
      mode = "dry-run"
      project_numbers = {
        vendor-release            = "123456789"
        vendor-labs               = "11"
        vendor-legacy             = "12"
        acme-prod                 = "21"
        "acme.example:identity"   = "22"
        globex-images             = "23"
        initech-prod              = "24"
        "umbrella.example:images" = "25"
      }
    }
  }

  assert {
    condition = (
      length(google_access_context_manager_service_perimeter_egress_policy.main) == 0 &&
      length(google_access_context_manager_service_perimeter_ingress_policy.main) == 0 &&
      length(google_access_context_manager_service_perimeter_dry_run_egress_policy.main) == 5 &&
      keys(google_access_context_manager_service_perimeter_dry_run_ingress_policy.main) == ["builds"]
    )
    error_message = "Dry-run only, and nothing for deployers that there are none of."
  }
}

run "needs_the_number_of_every_project" {
  command = plan
  variables {
    perimeter = {
      name            = "accessPolicies/1/servicePerimeters/vendor"
      project_numbers = { vendor-release = "123456789" }
    }
  }
  expect_failures = [var.perimeter]
}

run "needs_numbers_and_not_ids" {
  command = plan
  variables {
    perimeter = {
      name = "accessPolicies/1/servicePerimeters/vendor"
      project_numbers = {
        vendor-release            = "projects/123456789"
        vendor-labs               = "11"
        vendor-legacy             = "12"
        acme-prod                 = "21"
        "acme.example:identity"   = "22"
        globex-images             = "23"
        initech-prod              = "24"
        "umbrella.example:images" = "25"
      }
    }
  }
  expect_failures = [var.perimeter]
}

run "needs_the_number_of_a_project_in_another_perimeter" {
  command = plan
  variables {
    perimeter = {
      name             = "accessPolicies/1/servicePerimeters/vendor"
      other_perimeters = { vendor-lab = "accessPolicies/1/servicePerimeters/labs" }
      deployers        = ["serviceAccount:deploy@vendor-ci.iam.gserviceaccount.com"]
      project_numbers = {
        vendor-release            = "123456789"
        vendor-labs               = "11"
        vendor-legacy             = "12"
        acme-prod                 = "21"
        "acme.example:identity"   = "22"
        globex-images             = "23"
        initech-prod              = "24"
        "umbrella.example:images" = "25"
      }
    }
  }
  expect_failures = [var.perimeter]
}

run "needs_a_network_within_a_perimeter" {
  command = plan
  variables {
    vpc = null
  }
  expect_failures = [var.vpc]
}

run "lets_each_kind_out_by_its_own_methods" {
  command = plan
  variables {
    rules_file   = "tests/fixtures/kinds/rules.yaml"
    package_file = "tests/fixtures/kinds/relay.zip"
    bucket_projects = {
      vendor-labs-data = "vendor-labs"
      acme-models      = "acme-ml"
      globex-data      = "globex-images"
      hooli-data       = "hooli-prod"
    }
    perimeter = {
      name      = "accessPolicies/1/servicePerimeters/vendor"
      mode      = "both"
      deployers = ["serviceAccount:deploy@vendor-ci.iam.gserviceaccount.com"]
      project_numbers = {
        vendor-release          = "123456789"
        vendor-labs             = "11"
        acme-prod               = "21"
        "acme.example:identity" = "22"
        acme-ml                 = "26"
        globex-images           = "23"
        globex-ml               = "27"
        hooli-prod              = "28"
      }
    }
  }

  assert {
    condition = jsonencode({
      for title, rule in google_access_context_manager_service_perimeter_egress_policy.main :
      title => {
        who = sort([for who in rule.egress_from[0].identities : split("@", trimprefix(who, "serviceAccount:"))[0]])
        to  = sort(rule.egress_to[0].resources)
        what = {
          for operation in rule.egress_to[0].operations :
          operation.service_name => sort([for selector in operation.method_selectors : selector.method])
        }
      }
      }) == jsonencode({
      "copies to customers" = {
        who  = ["copy-artifact"]
        to   = ["projects/23"]
        what = { "artifactregistry.googleapis.com" = ["artifactregistry.googleapis.com/DockerRead", "artifactregistry.googleapis.com/DockerWrite"] }
      }
      "comparisons with customers" = {
        who  = ["reconcile"]
        to   = ["projects/23"]
        what = { "artifactregistry.googleapis.com" = ["artifactregistry.googleapis.com/DockerRead"] }
      }
      "template copies to customers" = {
        who  = ["copy-artifact"]
        to   = ["projects/27"]
        what = { "artifactregistry.googleapis.com" = ["*"] }
      }
      "template comparisons with customers" = {
        who  = ["reconcile"]
        to   = ["projects/27"]
        what = { "artifactregistry.googleapis.com" = ["*"] }
      }
      "template copies as the customers' accounts" = {
        who  = ["image-release"]
        to   = ["projects/21"]
        what = { "artifactregistry.googleapis.com" = ["*"] }
      }
      "template sources in other projects" = {
        who  = ["copy-artifact", "plan-copies", "reconcile"]
        to   = ["projects/11"]
        what = { "artifactregistry.googleapis.com" = ["*"] }
      }
      "object copies to customers" = {
        who  = ["copy-artifact"]
        to   = ["projects/23", "projects/28"]
        what = { "storage.googleapis.com" = ["google.storage.Write", "google.storage.objects.create", "google.storage.objects.get", "google.storage.objects.list"] }
      }
      "object comparisons with customers" = {
        who  = ["reconcile"]
        to   = ["projects/23", "projects/28"]
        what = { "storage.googleapis.com" = ["google.storage.objects.get", "google.storage.objects.list"] }
      }
      "object copies as the customers' accounts" = {
        who  = ["image-release"]
        to   = ["projects/26"]
        what = { "storage.googleapis.com" = ["google.storage.Write", "google.storage.objects.create", "google.storage.objects.get", "google.storage.objects.list"] }
      }
      "object sources in other projects" = {
        who  = ["copy-artifact", "reconcile"]
        to   = ["projects/11"]
        what = { "storage.googleapis.com" = ["google.storage.Write", "google.storage.objects.create", "google.storage.objects.get", "google.storage.objects.list"] }
      }
      "tokens of the customers' accounts" = {
        who  = ["copy-artifact", "reconcile"]
        to   = ["projects/22"]
        what = { "iamcredentials.googleapis.com" = ["*"] }
      }
    })
    error_message = "More, or less, may leave the perimeter than copies of some kind need."
  }

  assert {
    condition = {
      for title, rule in google_access_context_manager_service_perimeter_ingress_policy.main :
      title => "${join(",", rule.ingress_from[0].identities)} ${join(",", rule.ingress_to[0].operations[*].service_name)} ${join(",", rule.ingress_to[0].resources)}"
      if !contains(["builds", "deployments"], title)
      } == {
      "template uploads to vendor-labs" = "serviceAccount:service-11@gcp-sa-logging.iam.gserviceaccount.com pubsub.googleapis.com projects/123456789"
      "object changes in vendor-labs"   = "serviceAccount:service-12@gs-project-accounts.iam.gserviceaccount.com pubsub.googleapis.com projects/123456789"
    }
    error_message = "Events of other projects do not come in, or more does."
  }

  assert {
    condition = (
      keys(google_access_context_manager_service_perimeter_dry_run_egress_policy.main) == keys(google_access_context_manager_service_perimeter_egress_policy.main) &&
      keys(google_access_context_manager_service_perimeter_dry_run_ingress_policy.main) == keys(google_access_context_manager_service_perimeter_ingress_policy.main)
    )
    error_message = "The dry run is not of the same rules."
  }
}

run "needs_the_project_of_every_bucket_of_a_target" {
  command = plan
  variables {
    rules_file   = "tests/fixtures/kinds/rules.yaml"
    package_file = "tests/fixtures/kinds/relay.zip"
    bucket_projects = {
      acme-models = "acme-prod"
      hooli-data  = "hooli-prod"
    }
    perimeter = {
      name = "accessPolicies/1/servicePerimeters/vendor"
      project_numbers = {
        vendor-release          = "123456789"
        vendor-labs             = "11"
        acme-prod               = "21"
        "acme.example:identity" = "22"
        globex-images           = "23"
        globex-ml               = "27"
        hooli-prod              = "28"
      }
    }
  }
  expect_failures = [var.perimeter]
}
