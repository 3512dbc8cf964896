variable "BAKEFILES_VERSIONS" {
  default = "1.2 1.3"
}
target "app" {
  name = "app-${item.os}-${replace(version, ".", "-")}"
  matrix = {
    item = [
      { os = "debian", base = "debian:13" },
      { os = "alpine", base = "alpine:3" },
    ]
    version = ["1.2", "1.3"]
  }
  args = {
    BASE    = item.base
    VERSION = version
    OS      = item["os"]
  }
  tags = ["app:${version}-${item.os}"]
}
target "split" {
  name = "split-${replace(v, ".", "-")}"
  matrix = {
    v = split(" ", BAKEFILES_VERSIONS)
  }
  inherits = ["app-debian-${replace(v, ".", "-")}"]
  labels   = { v = v }
}
