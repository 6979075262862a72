# Events that no registry publishes: of templates from the audit log, through a
# sink in each project with templates, and of objects from their bucket's
# notifications. reconcile finds what either misses.

locals {
  # RE2 of the methods of each kind that the audit log reports: an upload of a
  # template, or a change of a tag.
  audit_methods = {
    template = "^Kfp-UploadPackage$|[.](UploadKfpArtifact|CreateTag|UpdateTag)$"
  }
  audit_topics = {
    for settings in values(local.subscription_settings) : settings.kind => settings.topic
    if contains(keys(local.audit_methods), try(settings.kind, ""))
  }
  # By kind and project.
  audit_filters = {
    for kind, methods in local.audit_methods : kind => {
      for project in local.source_projects[kind] : project => join(" AND ", [
        "protoPayload.serviceName=\"artifactregistry.googleapis.com\"",
        "protoPayload.methodName=~\"${methods}\"",
        format("protoPayload.resourceName=~\"%s\"", join("|", [
          for source in values(local.sources) :
          "/locations/${source.location}/repositories/${source.repository}(/|$)"
          if source.kind == kind && source.project == project
        ])),
      ])
    }
  }
  own_audited_projects = {
    for kind in keys(local.audit_methods) : kind => toset([
      for path, source in local.sources : source.project
      if source.kind == kind && !contains(var.foreign_sources, path)
    ])
  }
}

resource "google_logging_project_sink" "template_uploads" {
  for_each = local.own_audited_projects.template

  project                = each.key
  name                   = "${local.prefix}relay-template-uploads"
  description            = "registry-relay: passes uploads of pipeline templates to planCopies."
  destination            = "pubsub.googleapis.com/${local.topics["template-uploads"]}"
  filter                 = local.audit_filters.template[each.key]
  unique_writer_identity = true

  depends_on = [google_pubsub_topic.relay]
}

resource "google_pubsub_topic_iam_member" "template_uploads" {
  for_each = google_logging_project_sink.template_uploads

  project = var.project_id
  topic   = google_pubsub_topic.relay["template-uploads"].name
  role    = "roles/pubsub.publisher"
  member  = each.value.writer_identity
}

# Uploads are in the log only where data access is logged. This is all that is
# set for the service in the project: it takes the place of what others have set.
resource "google_project_iam_audit_config" "artifact_registry" {
  for_each = var.audit_logs

  project = each.key
  service = "artifactregistry.googleapis.com"

  audit_log_config {
    log_type = "DATA_WRITE"
  }
}

locals {
  # A notification of a folder covers the folders within it. A bucket has at most
  # ten notifications of one event, for all listeners. Up to five are used here;
  # with more folders one covers everything. planCopies evaluates the rules.
  outer_folders = {
    for path, source in local.own_buckets : path => [
      for folder in source.folders : folder
      if length([
        for other in source.folders : other
        if other != folder && (other == "" || startswith(folder, "${other}/"))
      ]) == 0
    ]
  }
  notifications = merge([
    for path, folders in local.outer_folders : {
      for folder in(length(folders) > 5 ? [""] : folders) : "${path}/${folder}" => {
        bucket = local.own_buckets[path].bucket
        prefix = folder == "" ? null : "${folder}/"
      }
    }
  ]...)
  own_bucket_projects = toset([for source in values(local.own_buckets) : source.project])
}

# To ask for it makes it.
data "google_storage_project_service_account" "source" {
  for_each = local.own_bucket_projects

  project = each.key
}

resource "google_pubsub_topic_iam_member" "object_changes" {
  for_each = local.own_bucket_projects

  project = var.project_id
  topic   = google_pubsub_topic.relay["object-changes"].name
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.source[each.key].member
}

resource "google_storage_notification" "object_changes" {
  for_each = local.notifications

  bucket             = each.value.bucket
  topic              = local.topics["object-changes"]
  event_types        = ["OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE"]
  object_name_prefix = each.value.prefix
  # All that matters is in the attributes; but a message without data comes in
  # another shape to a function.
  payload_format = "JSON_API_V1"

  depends_on = [time_sleep.notifications]
}
