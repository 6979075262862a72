# One account per function, one that Pub/Sub pushes as, one that builds: created
# here, or named in service_accounts. The grants of each are next to the resource
# that they are on.

locals {
  # In addresses a domain-scoped project, example.com:vendor, is vendor.example.com.
  # Of a new account the provider foresees another address there, and its own apply
  # then fails: so an address is made of what the account is given.
  accounts_domain = "${join(".", reverse(split(":", var.project_id)))}.iam.gserviceaccount.com"
  account_emails = merge(
    {
      for name, account in merge(
        google_service_account.function,
        { for account in google_service_account.push : "push" => account },
        { for account in google_service_account.build : "build" => account },
        { for account in google_service_account.release_events : "release-events" => account },
      ) : name => "${account.account_id}@${local.accounts_domain}"
    },
    var.service_accounts,
  )
  accounts = {
    for name, email in local.account_emails : name => {
      email  = email
      member = "serviceAccount:${email}"
      name   = "projects/${replace(regex("@(.+)\\.iam\\.", email)[0], "/^([^.]+)\\.(.+)$/", "$2:$1")}/serviceAccounts/${email}"
    }
  }
}

resource "google_service_account" "function" {
  for_each = {
    for name, function in local.functions : name => function
    if !contains(keys(var.service_accounts), name)
  }

  project      = var.project_id
  account_id   = "${local.prefix}${each.key}"
  display_name = "registry-relay: ${each.value.entry_point}"
  description  = "Runs the function ${each.value.entry_point}."

  # Customers' grants name the account's unique ID. An account that is created
  # again under the same name has no rights there, and no error says so.
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"

  lifecycle {
    # So it keeps the name that it was made with, whatever name_prefix becomes: a
    # refusal to delete it would come when all else has another name already.
    ignore_changes = [account_id]
  }

  depends_on = [google_project_service.main]
}

resource "google_service_account" "push" {
  count = contains(keys(var.service_accounts), "push") ? 0 : 1

  project      = var.project_id
  account_id   = "${local.prefix}relay-push"
  display_name = "registry-relay: push"
  description  = "Pub/Sub calls the functions as this account, which may do nothing else."

  depends_on = [google_project_service.main]
}

# Projects from before April 2021 lack it; the grant is on this one account.
resource "google_service_account_iam_member" "push_token" {
  service_account_id = local.accounts["push"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub
}

resource "google_service_account" "build" {
  count = contains(keys(var.service_accounts), "build") ? 0 : 1

  project      = var.project_id
  account_id   = "${local.prefix}relay-build"
  display_name = "registry-relay: build"
  description  = "Builds the functions' images."

  depends_on = [google_project_service.main]
}

resource "google_project_iam_member" "build_log" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = local.accounts["build"].member
}

# Cloud Functions puts what it builds into buckets of its own, by this name.
resource "google_project_iam_member" "build_source" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = local.accounts["build"].member

  condition {
    title       = "functions-sources"
    description = "The buckets that Cloud Functions builds from, and no other."
    expression  = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${local.project_number}-\")"
  }
}

locals {
  # Google's own accounts that work for this project.
  agents = {
    pubsub            = "serviceAccount:service-${local.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    artifact_registry = "serviceAccount:service-${local.project_number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    functions         = "serviceAccount:service-${local.project_number}@gcf-admin-robot.iam.gserviceaccount.com"
    run               = "serviceAccount:service-${local.project_number}@serverless-robot-prod.iam.gserviceaccount.com"
  }
}
