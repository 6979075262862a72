# Kubeflow pipeline templates and objects of a bucket, and no images.
project_id = "vendor-release"
region     = "us-central1"
rules_file = "examples/pipelines-and-models/rules.yaml"

# Templates are told of by the audit log, which is off unless somebody has
# switched it on. Leave this out where it is on: it replaces what is set there.
audit_logs = ["vendor-release"]

# The bucket is another project's; no name of a bucket tells.
bucket_projects = {
  vendor-models = "vendor-research"
}
