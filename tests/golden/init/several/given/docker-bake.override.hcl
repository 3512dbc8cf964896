group "default" {
  targets = ["app"]
}

target "app" {
  tags = ["app:override"]
}
