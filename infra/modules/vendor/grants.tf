# What others run so that it works, as text: customers at their places, and the
# owners of sources that this configuration does not manage.

locals {
  grant_commands = {
    for place in local.places : place.name => place.bucket != null ?
    "gcloud storage buckets add-iam-policy-binding ${place.name}" :
    join(" \\\n  ", [
      "gcloud artifacts repositories add-iam-policy-binding ${place.repository}",
      "--project=${place.project} --location=${place.location}",
    ])...
  }
  grant_roles = {
    image    = { write = "artifactregistry.writer", read = "artifactregistry.reader" }
    template = { write = "artifactregistry.writer", read = "artifactregistry.reader" }
    object   = { write = "storage.objectUser", read = "storage.objectViewer" }
  }

  customer_grants = {
    for name, target in local.targets : name => join("\n", concat(
      [
        "# ${name}: lets releases be written to ${join(", ", target.places[*].name)}, and be compared; nothing else.",
        "# With Terraform, call the module infra/modules/target instead.",
      ],
      target.impersonate == null ? [] : [
        for member in [local.copier, local.reconciler] : join(" \\\n  ", [
          "gcloud iam service-accounts add-iam-policy-binding ${target.impersonate}",
          "--member=${member}",
          "--role=roles/iam.serviceAccountTokenCreator",
        ])
      ],
      flatten([
        for place in target.places : [
          for member, right in(target.impersonate == null ?
            { (local.copier) = "write", (local.reconciler) = "read" } :
            { "serviceAccount:${target.impersonate}" = "write" }
            ) : join(" \\\n  ", [
              local.grant_commands[place.name][0],
              "--member=${member}",
              "--role=roles/${local.grant_roles[place.kind][right]}",
          ])
        ]
      ]),
      [
        for place in target.places :
        "# Who may replace objects may delete them: let ${place.name} hold nothing else."
        if place.kind == "object"
      ],
      [
        for bucket in target.reads :
        "# A copy between buckets runs as one account, so this one must read gs://${bucket}, too: granted on our side."
      ],
      [""],
    )) if length(target.places) > 0
  }

  source_grants = merge(
    {
      for path, source in local.sources : path => join("\n", concat(
        [
          for name in keys(local.functions) : join(" \\\n  ", [
            "gcloud artifacts repositories add-iam-policy-binding ${source.repository}",
            "--project=${source.project} --location=${source.location}",
            "--member=${local.accounts[name].member}",
            "--role=roles/artifactregistry.reader",
          ])
        ],
        flatten([
          for kind, topic in local.audit_topics : [
            "# Publishes uploads to us, if the project logs DATA_WRITE of artifactregistry.googleapis.com:",
            join(" \\\n  ", [
              "gcloud logging sinks create ${local.prefix}relay-${topic}",
              "pubsub.googleapis.com/${local.topics[topic]}",
              "--project=${source.project}",
              "--log-filter='${local.audit_filters[kind][source.project]}'",
            ]),
            "# Then on our side, with the identity that this has printed:",
            join(" \\\n  ", [
              "gcloud pubsub topics add-iam-policy-binding ${local.topics[topic]}",
              "--member=WRITER_IDENTITY --role=roles/pubsub.publisher",
            ]),
          ] if kind == source.kind && !contains(local.own_audited_projects[kind], source.project)
        ]),
        [""],
      )) if contains(var.foreign_sources, path)
    },
    {
      for path, source in local.source_buckets : path => join("\n", concat(
        [
          for name in local.bucket_functions : join(" \\\n  ", [
            "gcloud storage buckets add-iam-policy-binding ${path}",
            "--member=${local.accounts[name].member}",
            "--role=roles/storage.objectViewer",
          ])
        ],
        flatten([
          for reader in values(local.readers) : [
            reader.folder == "" ? [] : [
              # A folder's name may hold what ends a quotation.
              "gcloud storage managed-folders create '${path}/${replace(reader.folder, "'", "'\\''")}/'",
            ],
            [
              for account in reader.accounts : join(" \\\n  ", [
                reader.folder == "" ?
                "gcloud storage buckets add-iam-policy-binding ${path}" :
                "gcloud storage managed-folders add-iam-policy-binding '${path}/${replace(reader.folder, "'", "'\\''")}/'",
                "--member=serviceAccount:${account}",
                "--role=roles/storage.objectViewer",
              ])
            ],
          ] if "gs://${reader.bucket}" == path
        ]),
        [
          "# Publishes new objects to us; first on our side:",
          join(" \\\n  ", [
            "gcloud pubsub topics add-iam-policy-binding ${local.topics["object-changes"]}",
            "--member=serviceAccount:$(gcloud storage service-agent --project=${source.project})",
            "--role=roles/pubsub.publisher",
          ]),
          "# Then:",
          join(" \\\n  ", [
            "gcloud storage buckets notifications create ${path}",
            "--topic=${local.topics["object-changes"]} --skip-topic-setup",
            "--event-types=OBJECT_FINALIZE,OBJECT_METADATA_UPDATE --payload-format=json",
          ]),
          "",
        ],
      )) if contains(var.foreign_sources, path)
    },
  )
}
