# With Google's own rules, which tflint downloads from where it is published.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

plugin "google" {
  enabled = true
  # renovate: datasource=github-releases depName=terraform-linters/tflint-ruleset-google
  version = "0.39.0"
  source  = "github.com/terraform-linters/tflint-ruleset-google"
}
