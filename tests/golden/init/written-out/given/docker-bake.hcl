group "default" {
  targets = ["python-3-11", "python-3-12", "python-3-13"]
}

group "newest" {
  targets = ["python-3-13"]
}

target "python" {
  dockerfile = "python/Dockerfile"
  platforms  = ["linux/amd64"]
}

target "python-3-11" {
  inherits = ["python"]
  args     = { PYTHON_VERSION = "3.11" }
  tags     = ["registry.example.com/ci/python:3.11"]
}

target "python-3-12" {
  inherits = ["python"]
  args     = { PYTHON_VERSION = "3.12" }
  tags     = ["registry.example.com/ci/python:3.12"]
}

target "python-3-13" {
  inherits = ["python"]
  args     = { PYTHON_VERSION = "3.13" }
  tags     = ["registry.example.com/ci/python:3.13"]
}

target "lint" {
  dockerfile = "lint/Dockerfile"
  tags       = ["registry.example.com/ci/lint:latest"]
}
