# Where things were before modules/vendor was a module: who applied that moves
# them in the state, and changes nothing.

# Artifact Registry's topic is managed no longer, and stays.
removed {
  from = google_pubsub_topic.gcr
  lifecycle {
    destroy = false
  }
}

# The zip that was named by its hash stays in its bucket, until that goes.
removed {
  from = google_storage_bucket_object.package
  lifecycle {
    destroy = false
  }
}

moved {
  from = google_monitoring_alert_policy.main
  to   = module.vendor.google_monitoring_alert_policy.main
}

moved {
  from = google_monitoring_dashboard.main
  to   = module.vendor.google_monitoring_dashboard.main
}

moved {
  from = google_logging_project_sink.template_uploads
  to   = module.vendor.google_logging_project_sink.template_uploads
}

moved {
  from = google_pubsub_topic_iam_member.template_uploads
  to   = module.vendor.google_pubsub_topic_iam_member.template_uploads
}

moved {
  from = google_project_iam_audit_config.artifact_registry
  to   = module.vendor.google_project_iam_audit_config.artifact_registry
}

moved {
  from = google_pubsub_topic_iam_member.object_changes
  to   = module.vendor.google_pubsub_topic_iam_member.object_changes
}

moved {
  from = google_storage_notification.object_changes
  to   = module.vendor.google_storage_notification.object_changes
}

moved {
  from = google_secret_manager_secret_iam_member.docker_config
  to   = module.vendor.google_secret_manager_secret_iam_member.docker_config
}

moved {
  from = google_service_account.function
  to   = module.vendor.google_service_account.function
}

moved {
  from = google_service_account.push
  to   = module.vendor.google_service_account.push[0]
}

moved {
  from = google_service_account_iam_member.push_token
  to   = module.vendor.google_service_account_iam_member.push_token
}

moved {
  from = google_service_account.build
  to   = module.vendor.google_service_account.build[0]
}

moved {
  from = google_project_iam_member.build_log
  to   = module.vendor.google_project_iam_member.build_log
}

moved {
  from = google_project_iam_member.build_source
  to   = module.vendor.google_project_iam_member.build_source
}

moved {
  from = google_kms_crypto_key_iam_member.main
  to   = module.vendor.google_kms_crypto_key_iam_member.main
}

moved {
  from = google_logging_metric.main
  to   = module.vendor.google_logging_metric.main
}

moved {
  from = google_storage_bucket.package
  to   = module.vendor.google_storage_bucket.package
}

moved {
  from = google_storage_bucket_iam_member.build
  to   = module.vendor.google_storage_bucket_iam_member.build
}

moved {
  from = google_artifact_registry_repository.functions
  to   = module.vendor.google_artifact_registry_repository.functions
}

moved {
  from = google_artifact_registry_repository_iam_member.build
  to   = module.vendor.google_artifact_registry_repository_iam_member.build
}

moved {
  from = google_access_context_manager_service_perimeter_egress_policy.main
  to   = module.vendor.google_access_context_manager_service_perimeter_egress_policy.main
}

moved {
  from = google_access_context_manager_service_perimeter_dry_run_egress_policy.main
  to   = module.vendor.google_access_context_manager_service_perimeter_dry_run_egress_policy.main
}

moved {
  from = google_access_context_manager_service_perimeter_ingress_policy.main
  to   = module.vendor.google_access_context_manager_service_perimeter_ingress_policy.main
}

moved {
  from = google_access_context_manager_service_perimeter_dry_run_ingress_policy.main
  to   = module.vendor.google_access_context_manager_service_perimeter_dry_run_ingress_policy.main
}

moved {
  from = google_cloud_scheduler_job.main
  to   = module.vendor.google_cloud_scheduler_job.main
}

moved {
  from = google_project_service.main
  to   = module.vendor.google_project_service.main
}

moved {
  from = google_artifact_registry_repository_iam_member.source
  to   = module.vendor.google_artifact_registry_repository_iam_member.source
}

moved {
  from = google_storage_bucket_iam_member.source
  to   = module.vendor.google_storage_bucket_iam_member.source
}

moved {
  from = google_pubsub_subscription.push
  to   = module.vendor.google_pubsub_subscription.push
}

moved {
  from = google_pubsub_subscription.dead_letters
  to   = module.vendor.google_pubsub_subscription.dead_letters
}

moved {
  from = google_pubsub_subscription_iam_member.dead_letter
  to   = module.vendor.google_pubsub_subscription_iam_member.dead_letter
}

moved {
  from = google_pubsub_topic.relay
  to   = module.vendor.google_pubsub_topic.relay
}

moved {
  from = google_pubsub_topic_iam_member.publisher
  to   = module.vendor.google_pubsub_topic_iam_member.publisher
}

moved {
  from = google_pubsub_topic_iam_member.dead_letter
  to   = module.vendor.google_pubsub_topic_iam_member.dead_letter
}

moved {
  from = module.copy_artifact
  to   = module.vendor.module.copy_artifact
}

moved {
  from = module.planner
  to   = module.vendor.module.planner
}
