variable "BUCKET" {
  default = "builds"
}

target "docker-metadata-action" {}

target "_cache" {
  cache-from = ["type=s3,region=eu-central-1,bucket=${BUCKET},name=app"]
  cache-to   = ["type=s3,region=eu-central-1,bucket=${BUCKET},name=app,mode=max"]
}

target "image" {
  inherits = ["docker-metadata-action", "_cache"]
}

target "image-local" {
  inherits = ["image"]
  output   = ["type=docker"]
}

target "image-all" {
  inherits  = ["image"]
  platforms = ["linux/amd64", "linux/arm/v7", "linux/arm64"]
}
