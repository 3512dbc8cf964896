# Rendered by bakegen for one branch and one build. Bake reads it over docker-bake by itself; keep it out of git.

group "pr" {
  targets = [
    "build-tree",
    "build-tree-check",
    "interop-go-1-8-11",
    "interop-go-1-8-17",
    "interop-go-1-8-17-cache-linux-amd64",
    "interop-go-1-8-17-cache-linux-arm64",
    "interop-rust-0-24-0",
    "interop-rust-0-28-0",
    "toolchain",
    "toolchain-httpd",
    "toolchain-lua",
    "web-node",
    "web-python",
    "web-python-test",
  ]
}

group "interop-go" {
  targets = [
    "interop-go-1-8-6",
    "interop-go-1-8-7",
    "interop-go-1-8-9",
    "interop-go-1-8-10",
    "interop-go-1-8-11",
    "interop-go-1-8-17",
    "interop-go-1-8-17-cache-linux-amd64",
    "interop-go-1-8-17-cache-linux-arm64",
  ]
}

# ---- base -----------------------------------------------------------------

target "base-c" {
  tags = [
    "registry.example.com/team/base:key-725ba13604bccc0ad19621a672cccbc8c7c84b38",
    "registry.example.com/team/base:c-trixie",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/base:cache-base-c.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "base-go" {
  tags = [
    "registry.example.com/team/base:key-6f466431dfc75aa72c4c8cd79dccd5e3c3d6d596",
    "registry.example.com/team/base:go-trixie",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/base:cache-base-go.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "base-rust" {
  tags = [
    "registry.example.com/team/base:key-cca5a3f0b4f07dd3c02a2b9ddcc1a56a9f6303aa",
    "registry.example.com/team/base:rust-trixie",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/base:cache-base-rust.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "base-python" {
  tags = [
    "registry.example.com/team/base:key-82b80b1b09b303ef15cad30140291799fc41b933",
    "registry.example.com/team/base:python-trixie",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/base:cache-base-python.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "base-node" {
  tags = [
    "registry.example.com/team/base:key-b359e489ac99a021299f3376ac81a3ea27c49dd0",
    "registry.example.com/team/base:node-trixie",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/base:cache-base-node.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "base-npm" {
  tags = [
    "registry.example.com/team/base:key-eb3372ace4384f4d1823cf118dfee6e164fb7cfc",
    "registry.example.com/team/base:npm-trixie",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/base:cache-base-npm.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

# ---- build-tree -----------------------------------------------------------

target "build-tree-stage-build" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/build-tree:cache-build-tree-stage-build.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/build-tree:cache-build-tree-stage-build.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "build-tree" {
  tags = [
    "registry.example.com/team/build-tree:key-c107f80814ec69582d35f43307285de0e7baea6d",
    "registry.example.com/team/build-tree:tree",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/build-tree:cache-build-tree.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/build-tree:cache-build-tree.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type              = "image"
    compression       = "zstd"
    compression-level = "3"
    oci-mediatypes    = "true"
    push              = "true"
  }]
}

# ---- build-tree-check -----------------------------------------------------

target "build-tree-check" {
  tags = [
    "registry.example.com/team/build-tree-check:key-7105a3d00b4c65fce4a8b3f48e827b9496512ac9",
    "registry.example.com/team/build-tree-check:latest",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

# ---- interop-go -----------------------------------------------------------

target "interop-go-1-8-6" {
  tags = [
    "registry.example.com/team/interop-go:key-213c9f3cbe6318d98136ac7d5b8c0a83e88b50d7",
    "registry.example.com/team/interop-go:v1.8.6",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-go:cache-interop-go-1-8-6.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "interop-go-1-8-7" {
  tags = [
    "registry.example.com/team/interop-go:key-da8835c8b1ac66e8ebc1216064d0a63c847b813e",
    "registry.example.com/team/interop-go:v1.8.7",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-go:cache-interop-go-1-8-7.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "interop-go-1-8-9" {
  tags = [
    "registry.example.com/team/interop-go:key-d7959c947ba85e114c70971883dc03b2edbf0cc9",
    "registry.example.com/team/interop-go:v1.8.9",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-go:cache-interop-go-1-8-9.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "interop-go-1-8-10" {
  tags = [
    "registry.example.com/team/interop-go:key-1cddd53bbe5ed68efdc6b4c4a58abc665501d65f",
    "registry.example.com/team/interop-go:v1.8.10",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-go:cache-interop-go-1-8-10.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "interop-go-1-8-11" {
  tags = [
    "registry.example.com/team/interop-go:key-b010c365acb87e6f3dc6c354074b964e144efef6",
    "registry.example.com/team/interop-go:v1.8.11",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-go:cache-interop-go-1-8-11.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "interop-go-1-8-17" {
  tags = [
    "registry.example.com/team/interop-go:key-dcd4d4a713ef604edf94b192779f21e81d9ff9f2",
    "registry.example.com/team/interop-go:v1.8.17",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

# The cache of interop-go-1-8-17 for linux/amd64.
target "interop-go-1-8-17-cache-linux-amd64" {
  inherits  = ["interop-go-1-8-17"]
  platforms = ["linux/amd64"]
  tags      = []
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-go:cache-interop-go-1-8-17.linux-amd64.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}

# The cache of interop-go-1-8-17 for linux/arm64.
target "interop-go-1-8-17-cache-linux-arm64" {
  inherits  = ["interop-go-1-8-17"]
  platforms = ["linux/arm64"]
  tags      = []
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-go:cache-interop-go-1-8-17.linux-arm64.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}

# ---- interop-rust ---------------------------------------------------------

target "interop-rust-0-20-1" {
  tags = [
    "registry.example.com/team/interop-rust:key-4cdffa125ba9d106d90731fe97b05d644bfae028",
    "registry.example.com/team/interop-rust:v0.20.1",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-rust:cache-interop-rust-0-20-1.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "interop-rust-0-24-0" {
  tags = [
    "registry.example.com/team/interop-rust:key-7f470ab896d5ee9dde418fff7c7ab802b92fbab1",
    "registry.example.com/team/interop-rust:v0.24.0",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-rust:cache-interop-rust-0-24-0.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "interop-rust-0-28-0" {
  tags = [
    "registry.example.com/team/interop-rust:key-9dd85fe263a72cf10d9fe4472bd06082f5330d1e",
    "registry.example.com/team/interop-rust:v0.28.0",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/interop-rust:cache-interop-rust-0-28-0.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

# ---- toolchain ------------------------------------------------------------

target "toolchain-stage-libc" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-libc.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain:cache-toolchain-stage-libc.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "toolchain-stage-compiler" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-compiler.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain:cache-toolchain-stage-compiler.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "toolchain" {
  tags = [
    "registry.example.com/team/toolchain:key-08d84175b72853b686d8d440f798db5b83af571f",
    "registry.example.com/team/toolchain:musl-1.2.5",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain:cache-toolchain.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain:cache-toolchain.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

# ---- toolchain-httpd ------------------------------------------------------

target "toolchain-httpd" {
  tags = [
    "registry.example.com/team/toolchain-httpd:key-6d0c31cd30717fa8e4c9a2a3421b2e097478d41a",
    "registry.example.com/team/toolchain-httpd:1.0",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-httpd:cache-toolchain-httpd.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-httpd:cache-toolchain-httpd.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

# ---- toolchain-lua --------------------------------------------------------

target "lua-5-2" {
  tags = [
    "registry.example.com/team/toolchain-lua:key-57b86ab0c4e232255604aacc206ab8424eccff0f",
    "registry.example.com/team/toolchain-lua:5.2.4",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-2.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-lua:cache-lua-5-2.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "lua-5-3" {
  tags = [
    "registry.example.com/team/toolchain-lua:key-1b367e8db90640c3271d407c1fb9125b96fe0f53",
    "registry.example.com/team/toolchain-lua:5.3.6",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-3.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-lua:cache-lua-5-3.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "lua-5-4" {
  tags = [
    "registry.example.com/team/toolchain-lua:key-1ddf671dc68652b8d5a3bb2e880de9ac03d8d605",
    "registry.example.com/team/toolchain-lua:5.4.7",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-4.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-lua:cache-lua-5-4.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

# ---- web-node -------------------------------------------------------------

target "web-node-stage-dependencies" {
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-node:cache-web-node-stage-dependencies.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "web-node" {
  tags = [
    "registry.example.com/team/web-node:key-3968982370da37c46e8e74d28b8824cd8207d09e",
    "registry.example.com/team/web-node:2.1.0",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-node:cache-web-node.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

# ---- web-python -----------------------------------------------------------

target "web-python-stage-dependencies" {
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/web-python:cache-web-python-stage-dependencies.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-python:cache-web-python-stage-dependencies.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "web-python" {
  tags = [
    "registry.example.com/team/web-python:key-ea329a5410a0715ee8c026d9a49e0e11737edf70",
    "registry.example.com/team/web-python:1.4.0",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/web-python:cache-web-python.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-python:cache-web-python.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{
    type           = "image"
    push           = "true"
    store          = "false"
    unpack         = "false"
    compression    = "zstd"
    oci-mediatypes = "true"
  }]
}

target "web-python-test" {
  tags = [
    "registry.example.com/team/web-python:key-e8ce1b8e4b27c54a315b1c620e842403cb30c1e5",
    "registry.example.com/team/web-python:1.4.0-test",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [{
    type = "registry"
    ref  = "registry.example.com/team/web-python:cache-web-python-test.release-1.x-81caa6e9"
  }]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-python:cache-web-python-test.master"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}
