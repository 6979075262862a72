output "copier" {
  description = "The account that writes to targets: customers grant to it."
  value       = google_service_account.function["copy-artifact"].email

  depends_on = [google_service_account.function]
}

output "reconciler" {
  description = "The account that compares targets with the source: customers let it read."
  value       = google_service_account.function["reconcile"].email

  depends_on = [google_service_account.function]
}

output "project_number" {
  description = "Number of project_id: customers' perimeters name the source of a call by it."
  value       = local.project_number
}

output "topics" {
  description = "Full names of the topics: to publish a job by hand, and for the command line."
  value       = local.topics

  depends_on = [
    google_pubsub_topic.relay,
    google_pubsub_topic_iam_member.publisher,
  ]
}

output "functions" {
  description = "URL of each function."
  value       = local.function_uris
}

output "subscriptions" {
  description = "Full names of the subscriptions: to pause, seek and replay."
  value = merge(
    { for name, subscription in google_pubsub_subscription.push : name => subscription.id },
    { dead-letters = google_pubsub_subscription.dead_letters.id },
  )

  depends_on = [google_pubsub_subscription_iam_member.dead_letter]
}

output "customer_grants" {
  description = "For each Google target, what its customer runs once: text to send. `terraform output -json customer_grants | jq -r .NAME`."
  value = {
    for name, target in local.google_targets : name => join("\n", concat(
      [
        "# ${name}: lets image releases be written to ${target.name}, and be compared; nothing else.",
        "# With Terraform, call the module infra/modules/target instead.",
      ],
      target.impersonate == null ? [] : [
        for member in [local.copier, local.reconciler] : join(" \\\n  ", [
          "gcloud iam service-accounts add-iam-policy-binding ${target.impersonate}",
          "--member=${member}",
          "--role=roles/iam.serviceAccountTokenCreator",
        ])
      ],
      [
        for member, role in(target.impersonate == null ?
          { (local.copier) = "writer", (local.reconciler) = "reader" } :
          { "serviceAccount:${target.impersonate}" = "writer" }
          ) : join(" \\\n  ", [
            "gcloud artifacts repositories add-iam-policy-binding ${target.repository}",
            "--project=${target.project} --location=${target.location}",
            "--member=${member}",
            "--role=roles/artifactregistry.${role}",
        ])
      ],
      [""],
    ))
  }
}

output "source_grants" {
  description = "For each of foreign_sources, what its owner runs once."
  value = {
    for path, source in local.sources : path => join("", [
      for account in values(google_service_account.function) : join(" \\\n  ", [
        "gcloud artifacts repositories add-iam-policy-binding ${source.repository}",
        "--project=${source.project} --location=${source.location}",
        "--member=${account.member}",
        "--role=roles/artifactregistry.reader\n",
      ])
    ]) if contains(var.foreign_sources, path)
  }
}

output "attach_grants" {
  description = "For each other project that holds a source, what its owner runs once so that this configuration may subscribe to its gcr topic; put in who applies."
  value = {
    for project in local.foreign_projects : project => join(" \\\n  ", [
      "gcloud pubsub topics add-iam-policy-binding gcr --project=${project}",
      "--member=APPLIER --role=roles/pubsub.subscriber",
    ])
  }
}
