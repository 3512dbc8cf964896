# Every kind of literal, and strings with escapes.
target "app" {
  description = "a \"quoted\" \\ word, \u00e9 \U0001F600"
  args = {
    NUMBER    = 3
    "quoted"  = true
    COLON     : "colon"
    EMPTY     = ""
    TEMPLATED = "$${HOME} %%{x} $ % $x 100%"
    (lower("Key")) = "computed"
    TAB       = "a\tb\nc\r"
  }
  labels = { one = "1", two = "2", "org.example/x" = "é" }
  tags   = ["app", "app:1",]
  pull   = true
}
