target "app" {
  args       = { B = "over" }
  cache-from = [{ type = "gha", scope = "over" }]
  tags       = ["app:over"]
}
target "new" {
  inherits = ["app"]
}
