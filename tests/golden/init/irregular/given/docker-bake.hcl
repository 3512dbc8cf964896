group "default" {
  targets = ["tool"]
}

target "tool" {
  matrix = {
    item = [
      { name = "alpha", dir = "tools/alpha", args = { LEVEL = "1" }, tags = ["a", "b"] },
      { name = "beta", dir = "tools/beta", args = { LEVEL = "2", EXTRA = "x" }, tags = ["c"] },
      { name = "gamma", dir = "tools/gamma", args = {}, tags = ["d"] },
    ]
  }
  name    = "tool-${item.name}"
  context = item.dir
  args    = item.args
  tags    = [for t in item.tags : "localhost:5000/tools/${item.name}:${t}"]
}
