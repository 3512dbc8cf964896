target "a" {
  inherits = ["b"]
  args     = { A = "a", X = "a" }
}
target "b" {
  inherits = ["a"]
  args     = { B = "b", X = "b" }
}
target "self" {
  inherits = ["self"]
  tags     = ["self"]
}
