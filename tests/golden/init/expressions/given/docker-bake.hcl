variable "TAG" {
  default     = "1.4.0-rc1"
  description = "What is built"
  validation {
    condition     = TAG != ""
    error_message = "TAG must not be empty"
  }
}

variable "RELEASE" {
  type    = bool
  default = false
}

variable "JOBS" {
  type    = number
  default = 4
}

variable "MIRRORS" {
  type    = list(string)
  default = ["a.example", "b.example"]
}

variable "LIMITS" {
  type    = object({ memory = string, files = number })
  default = { memory = "2g", files = 1024 }
}

variable "NOTHING" {
  default = null
}

function "tags" {
  params          = [name]
  variadic_params = more
  result          = concat(["example/${name}:${TAG}"], [for m in more : "example/${name}:${m}"])
}

function "upper_first" {
  params = [text]
  result = "${upper(substr(text, 0, 1))}${substr(text, 1, -1)}"
}

target "default" {
  args = {
    JOBS    = JOBS * 2
    MIRRORS = join(",", [for m in MIRRORS : "https://${m}" if m != "b.example"])
    RELEASE = RELEASE
    MEMORY  = LIMITS.memory
    NOTHING = NOTHING
    TITLE   = upper_first("server")
    MODE    = RELEASE ? "release" : "debug"
    LINES   = <<-EOT
      first
      second
    EOT
  }
  tags    = tags("server", "edge", "next")
  ulimits = ["nofile=${LIMITS.files}:${LIMITS.files * 2}"]
  labels  = { for m in MIRRORS : "mirror.${m}" => "yes" }
}

target "docs" {
  dockerfile = "docs.Dockerfile"
  tags       = tags("docs")
  args       = { TAG = TAG, FULL = "v${TAG}" }
}
