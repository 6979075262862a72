# One source, one customer, nothing else to decide.
project_id = "vendor-release"
region     = "us-central1"
rules_file = "examples/smallest/rules.yaml"
