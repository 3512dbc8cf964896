variable "BAKEFILES_CI" {
  default = ""
}
variable "BAKEFILES_ON" {
  default = true
}
target "app" {
  tags       = BAKEFILES_CI != "" ? ["ci"] : ["local", "local:2"]
  cache-to   = BAKEFILES_CI == "" ? [] : ["type=gha"]
  cache-from = BAKEFILES_ON && !false ? ["type=registry,ref=r.example/x:c"] : []
  target     = BAKEFILES_ON ? "yes" : "no"
  args = {
    MIXED  = BAKEFILES_ON ? 1 : "one"
    NESTED = BAKEFILES_CI == "x" ? "a" : BAKEFILES_ON == false ? "b" : "c"
    OR     = "${BAKEFILES_ON || false}"
    TYPES  = "${"1" == 1}"
    NULL   = BAKEFILES_ON ? "set" : null
  }
}
