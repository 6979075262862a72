variable "package_file" {
  description = "The zip that `npm run package -- --rules infra/examples/behind-perimeters/rules.yaml` wrote."
  type        = string
  default     = "../../../dist/registry-relay.zip"
}
