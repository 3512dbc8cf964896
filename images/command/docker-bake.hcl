# Rendered by bakegen from the image definitions: change those, then run `bakegen render`.
# Build with `docker buildx bake`, or one of the groups below: `docker buildx bake NAME`.

group "default" {
  targets = ["command", "command-slim"]
}

group "stages" {
  targets = []
}

group "image" {
  targets = ["command", "command-slim"]
}

# ---- image ----------------------------------------------------------------

target "_image" {
  context    = "image"
  dockerfile = "Dockerfile"
  args = {
    SOURCE_DATE_EPOCH = "0"
  }
  contexts = {
    bakegen   = "../../bakegen"
    templates = "../../templates"
  }
  platforms = ["linux/amd64", "linux/arm64"]
  labels = {
    "org.opencontainers.image.title"       = "bakegen"
    "org.opencontainers.image.description" = "Image definitions and version matrices in, a docker-bake.hcl with working registry caches out."
    "org.opencontainers.image.version"     = "0.1.0"
    "org.opencontainers.image.licenses"    = "Apache-2.0"
  }
  output = [{ type = "docker" }]
  attest = [{ type = "provenance", disabled = "true" }]
}

# image (part=docker)
target "command" {
  inherits    = ["_image"]
  description = "bakegen as a command, with the client of Docker and buildx"
  target      = "docker"
  tags        = ["bakegen/bakegen:0.1.0", "bakegen/bakegen:latest"]
  cache-from  = [{ type = "local", src = ".bakegen/cache/command" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/command"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# image (part=slim)
target "command-slim" {
  inherits    = ["_image"]
  description = "bakegen as a command"
  target      = "slim"
  tags        = ["bakegen/bakegen:0.1.0-slim", "bakegen/bakegen:slim"]
  cache-from  = [{ type = "local", src = ".bakegen/cache/command-slim" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/command-slim"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}
