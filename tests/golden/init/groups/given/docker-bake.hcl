# Three services and a tool, with what they have in common in targets that are no images.
group "default" {
  targets = ["services"]
}

group "services" {
  targets = ["api", "web", "worker"]
}

group "all" {
  description = "Everything there is"
  targets     = ["services", "tools"]
}

group "tools" {
  targets = ["migrate"]
}

target "_common" {
  platforms = ["linux/amd64", "linux/arm64"]
  labels = {
    "org.opencontainers.image.vendor" = "Example"
  }
}

target "_python" {
  inherits = ["_common"]
  args     = { PYTHON = "3.13" }
}

target "api" {
  inherits    = ["_python"]
  description = "The API"
  context     = "services/api"
  tags        = ["ghcr.io/example/api:2.1", "ghcr.io/example/api:latest"]
}

target "worker" {
  inherits = ["api"]
  target   = "worker"
  tags     = ["ghcr.io/example/worker:2.1"]
  labels   = { "com.example.queue" = "default" }
}

target "web" {
  inherits = ["_common"]
  context  = "./services/web/"
  tags     = ["ghcr.io/example/web:2.1"]
}

target "migrate" {
  inherits   = ["_python"]
  dockerfile = "tools/migrate.Dockerfile"
  tags       = ["ghcr.io/example/tools/migrate"]
}
