variable "BASE" {
  default = "scratch"
}
target "app" {
  dockerfile-inline = <<EOT
FROM ${BASE}
RUN echo "$${HOME}" \
  && echo '\n' %%{x}

EOT
}
target "indented" {
  dockerfile-inline = <<-EOT
    FROM scratch
      COPY a b
  EOT
}
target "empty" {
  dockerfile-inline = "FROM scratch"
  args = {
    A = <<X
X
  }
}
