# Größe 日本語 😀
target "app" {
  labels = {
    "größe" = "ü😀ß"
    plain   = "nach 😀 dem"
    composed = "é"
  }
  args = { "日本" = "語" }
}
