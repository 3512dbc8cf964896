variable "BAKEFILES_LIST" {
  default = ["a", "b"]
}
target "app" {
  tags = [for one in BAKEFILES_LIST : "app:${one}"]
  args = { for one in BAKEFILES_LIST : one => upper(one) }
  labels = {
    first    = BAKEFILES_LIST[0]
    splat    = join(",", BAKEFILES_LIST[*])
    directed = "%{ if true }yes%{ else }no%{ endif }"
    stripped = "a ${~ "b" ~} c"
    sum      = 1 + 2 * 3
    negative = -4
    fraction = 1.50
    legacy   = BAKEFILES_LIST.0
  }
}
target "exponent" {
  labels = {
    exponent = 1e3
  }
}
target "reader" {
  args   = target.app.labels
  target = target.app.tags[0]
}
