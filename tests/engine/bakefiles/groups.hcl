group "default" {
  targets = ["all"]
}
group "all" {
  targets     = ["a", "b", "a"]
  description = "both"
}
target "a" {
  contexts = { b = "target:b", empty = "" }
}
target "b" {
  output = ["type=cacheonly"]
}
