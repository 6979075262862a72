# A Shared VPC belongs to another project, whose subnetwork Cloud Run's agent uses
# for the functions.

data "google_project" "host" {
  count = try(var.vpc.host_project, null) == null ? 0 : 1

  project_id = var.vpc.host_project
}

resource "google_compute_subnetwork_iam_member" "run" {
  for_each = toset(compact([try(var.vpc.host_project, null)]))

  project    = each.key
  region     = var.region
  subnetwork = basename(var.vpc.subnetwork)
  role       = "roles/compute.networkUser"
  member     = local.agents.run

  depends_on = [google_project_service.main]
}
