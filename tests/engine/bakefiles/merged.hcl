target "app" {
  args = { A = "1", B = "1" }
  tags = ["one"]
  cache-from = ["type=gha"]
}
variable "BAKEFILES_TWICE" {
  default = "first"
}
group "g" {
  targets = ["app"]
}
target "app" {
  args = { B = "2" }
  tags = ["two:${BAKEFILES_TWICE}"]
  cache-from = ["type=gha,scope=x"]
}
variable "BAKEFILES_TWICE" {
  default = "second"
}
target "other" {}
group "g" {
  targets = ["other"]
}
