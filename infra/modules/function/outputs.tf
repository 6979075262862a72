output "uri" {
  description = "The run.app URL, which is also the audience of calls; it can be called once this is known."
  value       = google_cloudfunctions2_function.main.service_config[0].uri

  depends_on = [google_cloud_run_service_iam_member.invoker]
}

output "name" {
  description = "Name of the function."
  value       = google_cloudfunctions2_function.main.name
}
