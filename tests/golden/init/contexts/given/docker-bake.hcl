group "default" {
  targets = ["base", "app", "remote", "inline"]
}

target "base" {
  context = "base"
}

target "app" {
  context    = "app"
  dockerfile = "../docker/app.Dockerfile"
  contexts = {
    base    = "target:base"
    assets  = "./assets/"
    scripts = "cwd://scripts"
    alpine  = "docker-image://alpine:3.20"
    src     = "https://github.com/example/src.git#v1"
    layout  = "oci-layout://./layout:latest"
  }
}

target "remote" {
  context    = "https://github.com/example/app.git#v2:docker"
  dockerfile = "build/Dockerfile"
}

target "remote-inline" {
  context           = "https://github.com/example/app.git#v2"
  dockerfile-inline = "FROM scratch\nCOPY . /app\n"
}

target "inline" {
  context           = "assets"
  dockerfile-inline = <<EOT
FROM alpine:3.20
# Bake leaves $${HOME} alone.
RUN echo "$${HOME}"
EOT
}
