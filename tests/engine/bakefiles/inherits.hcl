target "common" {
  platforms  = ["linux/amd64"]
  args       = { A = "common", B = "common" }
  labels     = { x = "1" }
  tags       = ["common"]
  cache-from = ["type=registry,ref=r.example/x:common"]
  annotations = ["a=b"]
}
target "other" {
  args = { B = "other", C = "other" }
  cache-from = ["type=registry,ref=r.example/x:other"]
  no-cache-filter = ["one"]
}
target "app" {
  inherits = ["common", "other"]
  args     = { C = "app" }
  tags     = ["app"]
  cache-from = ["type=registry,ref=r.example/x:app"]
  annotations = ["c=d"]
}
target "twice" {
  inherits = ["app", "common"]
}
target "cleared" {
  inherits  = ["app"]
  tags      = []
  platforms = []
}
