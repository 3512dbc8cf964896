# Rendered by bakegen for one branch and one build. Bake reads it over docker-bake by itself; keep it out of git.

# ---- base -----------------------------------------------------------------

target "base-c" {
  tags = ["registry.example.com/team/base:c-trixie-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "base-go" {
  tags = ["registry.example.com/team/base:go-trixie-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "base-rust" {
  tags = ["registry.example.com/team/base:rust-trixie-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "base-python" {
  tags = ["registry.example.com/team/base:python-trixie-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "base-node" {
  tags = ["registry.example.com/team/base:node-trixie-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "base-npm" {
  tags = ["registry.example.com/team/base:npm-trixie-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

# ---- build-tree -----------------------------------------------------------

target "build-tree-stage-build" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/build-tree:cache-build-tree-stage-build.release-1.x-81caa6e9"
  }]
}

target "build-tree" {
  tags = ["registry.example.com/team/build-tree:tree-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/build-tree:cache-build-tree.release-1.x-81caa6e9"
  }]
}

# ---- build-tree-check -----------------------------------------------------

target "build-tree-check" {
  tags = ["registry.example.com/team/build-tree-check:pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

# ---- interop-go -----------------------------------------------------------

target "interop-go-1-8-6" {
  tags = ["registry.example.com/team/interop-go:v1.8.6-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "interop-go-1-8-7" {
  tags = ["registry.example.com/team/interop-go:v1.8.7-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "interop-go-1-8-9" {
  tags = ["registry.example.com/team/interop-go:v1.8.9-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "interop-go-1-8-10" {
  tags = ["registry.example.com/team/interop-go:v1.8.10-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "interop-go-1-8-11" {
  tags = ["registry.example.com/team/interop-go:v1.8.11-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "interop-go-1-8-17" {
  tags = ["registry.example.com/team/interop-go:v1.8.17-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

# ---- interop-rust ---------------------------------------------------------

target "interop-rust-0-20-1" {
  tags = ["registry.example.com/team/interop-rust:v0.20.1-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "interop-rust-0-24-0" {
  tags = ["registry.example.com/team/interop-rust:v0.24.0-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

target "interop-rust-0-28-0" {
  tags = ["registry.example.com/team/interop-rust:v0.28.0-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

# ---- toolchain ------------------------------------------------------------

target "toolchain-stage-libc" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-libc.release-1.x-81caa6e9"
  }]
}

target "toolchain-stage-compiler" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-compiler.release-1.x-81caa6e9"
  }]
}

target "toolchain" {
  tags = ["registry.example.com/team/toolchain:musl-1.2.5-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain:cache-toolchain.release-1.x-81caa6e9"
  }]
}

# ---- toolchain-httpd ------------------------------------------------------

target "toolchain-httpd" {
  tags = ["registry.example.com/team/toolchain-httpd:1.0-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-httpd:cache-toolchain-httpd.release-1.x-81caa6e9"
  }]
}

# ---- toolchain-lua --------------------------------------------------------

target "lua-5-2" {
  tags = ["registry.example.com/team/toolchain-lua:5.2.4-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-2.release-1.x-81caa6e9"
  }]
}

target "lua-5-3" {
  tags = ["registry.example.com/team/toolchain-lua:5.3.6-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-3.release-1.x-81caa6e9"
  }]
}

target "lua-5-4" {
  tags = ["registry.example.com/team/toolchain-lua:5.4.7-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-4.release-1.x-81caa6e9"
  }]
}

# ---- web-node -------------------------------------------------------------

target "web-node" {
  tags = ["registry.example.com/team/web-node:2.1.0-pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

# ---- web-python -----------------------------------------------------------

target "web-python-stage-dependencies" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/web-python:cache-web-python-stage-dependencies.release-1.x-81caa6e9"
  }]
}

target "web-python" {
  tags = ["registry.example.com/team/web-python:pr-7"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/web-python:cache-web-python.release-1.x-81caa6e9"
  }]
}

target "web-python-test" {
  tags = ["registry.example.com/team/web-python:pr-7-test"]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/web-python:cache-web-python-test.release-1.x-81caa6e9"
  }]
}
