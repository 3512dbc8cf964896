variable "BAKEFILES_TAG" {
  default = "base"
}
group "default" {
  targets = ["app"]
}
target "app" {
  tags       = ["app:${BAKEFILES_TAG}"]
  args       = { A = "base", B = "base" }
  cache-from = ["type=gha"]
  labels     = { tag = BAKEFILES_TAG }
}
