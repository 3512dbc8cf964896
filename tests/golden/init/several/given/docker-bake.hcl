target "app" {
  args = { LEVEL = "2" }
}

target "extra" {
  inherits = ["db"]
  target   = "extra"
}
