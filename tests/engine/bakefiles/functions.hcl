variable "BAKEFILES_V" {
  default = "1.22.3"
}
function "tag" {
  params = [name, version]
  result = ["r.example/${name}:${version}", "r.example/${name}:${replace(version, ".", "-")}"]
}
function "both" {
  params = [a, b]
  result = "${a}/${b}"
}
target "app" {
  tags = tag("app", BAKEFILES_V)
  args = {
    LOWER   = lower("ABC")
    UPPER   = upper("abc-1")
    JOINED  = join(",", ["a", "b"])
    SPLIT   = join("+", split(".", BAKEFILES_V))
    TRIMMED = trimspace("  a b ")
    PREFIX  = trimprefix("v1.2", "v")
    SUFFIX  = trimsuffix("a.hcl", ".hcl")
    EQUAL   = equal("a", "a")
    AND     = and(true, notequal("a", "b"))
    OWN     = both(both("a", "b"), "c")
    HASH    = sha256("x")
  }
  cache-from = concat(["type=registry,ref=r.example/a:b"], ["type=gha"])
}
