variable "REGISTRY" {
  default = "registry.example.com/team"
}

variable "REVISION" {
  default = "dev"
}

variable "GO" {
  default = ["1.22", "1.23", "1.24"]
}

group "default" {
  targets = ["go"]
}

target "go" {
  name = "go-${replace(version, ".", "-")}-${os}"
  matrix = {
    version = GO
    os      = ["bookworm", "alpine"]
  }
  description = "Go ${version} on ${os}"
  context     = "images/go"
  args = {
    GO_VERSION = version
    BASE       = os == "alpine" ? "alpine:3.20" : "debian:bookworm-slim"
  }
  tags = concat(
    ["${REGISTRY}/go:${version}-${os}", "${REGISTRY}/go:${version}-${os}-${REVISION}"],
    version == "1.24" && os == "bookworm" ? ["${REGISTRY}/go:latest"] : []
  )
  platforms = os == "alpine" ? ["linux/amd64"] : ["linux/amd64", "linux/arm64"]
  labels = {
    "org.opencontainers.image.version"  = version
    "org.opencontainers.image.revision" = REVISION
  }
}
