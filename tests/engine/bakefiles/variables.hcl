variable "BAKEFILES_REPO" {
  default = "r.example/team"
}
variable "BAKEFILES_TAG" {
  type    = string
  default = 13
}
variable "BAKEFILES_NUMBER" {
  type    = number
  default = "7"
}
variable "BAKEFILES_UNSET" {}
variable "BAKEFILES_NULL" {
  default = null
}
variable "BAKEFILES_BOTH" {
  default = "${BAKEFILES_REPO}/x:${BAKEFILES_TAG}"
}
plain = "plain-${BAKEFILES_TAG}"
target "app" {
  tags = ["${BAKEFILES_REPO}/app:${BAKEFILES_TAG}", BAKEFILES_BOTH, "app:${plain}"]
  args = {
    NUMBER = BAKEFILES_NUMBER
    UNSET  = "x${BAKEFILES_UNSET}y"
    TAG    = BAKEFILES_TAG
    PATHS  = "${BAKEFILES_TAG == "13"}"
  }
}
