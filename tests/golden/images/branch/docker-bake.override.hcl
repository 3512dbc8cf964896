# Rendered by bakegen for one branch and one build. Bake reads it over docker-bake by itself; keep it out of git.

# ---- base -----------------------------------------------------------------

target "base-c" {
  tags = [
    "registry.example.com/team/base:c-trixie-feature-faster-peers-88c907e9",
    "registry.example.com/team/base:key-725ba13604bccc0ad19621a672cccbc8c7c84b38",
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

target "base-go" {
  tags = [
    "registry.example.com/team/base:go-trixie-feature-faster-peers-88c907e9",
    "registry.example.com/team/base:key-6f466431dfc75aa72c4c8cd79dccd5e3c3d6d596",
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

target "base-rust" {
  tags = [
    "registry.example.com/team/base:rust-trixie-feature-faster-peers-88c907e9",
    "registry.example.com/team/base:key-cca5a3f0b4f07dd3c02a2b9ddcc1a56a9f6303aa",
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

target "base-python" {
  tags = [
    "registry.example.com/team/base:python-trixie-feature-faster-peers-88c907e9",
    "registry.example.com/team/base:key-82b80b1b09b303ef15cad30140291799fc41b933",
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

target "base-node" {
  tags = [
    "registry.example.com/team/base:node-trixie-feature-faster-peers-88c907e9",
    "registry.example.com/team/base:key-b359e489ac99a021299f3376ac81a3ea27c49dd0",
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

target "base-npm" {
  tags = [
    "registry.example.com/team/base:npm-trixie-feature-faster-peers-88c907e9",
    "registry.example.com/team/base:key-eb3372ace4384f4d1823cf118dfee6e164fb7cfc",
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

# ---- build-tree -----------------------------------------------------------

target "build-tree-stage-build" {
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/build-tree:cache-build-tree-stage-build.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/build-tree:cache-build-tree-stage-build.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/build-tree:cache-build-tree-stage-build.feature-faster-peers-88c907e9"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "build-tree" {
  tags = [
    "registry.example.com/team/build-tree:tree-feature-faster-peers-88c907e9",
    "registry.example.com/team/build-tree:key-94680a6f2c1edd8619c44d4e01e8676bf8794fe4",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/build-tree:cache-build-tree.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/build-tree:cache-build-tree.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/build-tree:cache-build-tree.feature-faster-peers-88c907e9"
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
    "registry.example.com/team/build-tree-check:feature-faster-peers-88c907e9",
    "registry.example.com/team/build-tree-check:key-3543359df95952d7c4075f867311adead16d4bca",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
}

# ---- interop-go -----------------------------------------------------------

target "interop-go-1-8-6" {
  tags = [
    "registry.example.com/team/interop-go:v1.8.6-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-go:key-d34808192ada597b22f72a7cbe0a444951735060",
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

target "interop-go-1-8-7" {
  tags = [
    "registry.example.com/team/interop-go:v1.8.7-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-go:key-2cf3aa1800a81c53ba6742712cca58fc578b71ce",
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

target "interop-go-1-8-9" {
  tags = [
    "registry.example.com/team/interop-go:v1.8.9-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-go:key-f45a1ce060158def307a51c174ecf3d9cfcade6a",
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

target "interop-go-1-8-10" {
  tags = [
    "registry.example.com/team/interop-go:v1.8.10-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-go:key-70627ace4bc6f0b0d8169945008e45d1f5c2c01f",
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

target "interop-go-1-8-11" {
  tags = [
    "registry.example.com/team/interop-go:v1.8.11-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-go:key-c1ff990e8a8eeba6f13177e8a00b53760def198a",
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

target "interop-go-1-8-17" {
  tags = [
    "registry.example.com/team/interop-go:v1.8.17-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-go:key-3106e38f7f3761ab180ef14f2073a2afc5a7b7bc",
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

# ---- interop-rust ---------------------------------------------------------

target "interop-rust-0-20-1" {
  tags = [
    "registry.example.com/team/interop-rust:v0.20.1-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-rust:key-4cdffa125ba9d106d90731fe97b05d644bfae028",
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

target "interop-rust-0-24-0" {
  tags = [
    "registry.example.com/team/interop-rust:v0.24.0-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-rust:key-7f470ab896d5ee9dde418fff7c7ab802b92fbab1",
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

target "interop-rust-0-28-0" {
  tags = [
    "registry.example.com/team/interop-rust:v0.28.0-feature-faster-peers-88c907e9",
    "registry.example.com/team/interop-rust:key-9dd85fe263a72cf10d9fe4472bd06082f5330d1e",
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

# ---- toolchain ------------------------------------------------------------

target "toolchain-stage-libc" {
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-libc.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-libc.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain:cache-toolchain-stage-libc.feature-faster-peers-88c907e9"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "toolchain-stage-compiler" {
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-compiler.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain:cache-toolchain-stage-compiler.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain:cache-toolchain-stage-compiler.feature-faster-peers-88c907e9"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "toolchain" {
  tags = [
    "registry.example.com/team/toolchain:musl-1.2.5-feature-faster-peers-88c907e9",
    "registry.example.com/team/toolchain:key-08d84175b72853b686d8d440f798db5b83af571f",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain:cache-toolchain.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain:cache-toolchain.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain:cache-toolchain.feature-faster-peers-88c907e9"
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
    "registry.example.com/team/toolchain-httpd:1.0-feature-faster-peers-88c907e9",
    "registry.example.com/team/toolchain-httpd:key-f925833b3c2db1912184ff0a728b71b9ef6fee9b",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-httpd:cache-toolchain-httpd.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-httpd:cache-toolchain-httpd.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-httpd:cache-toolchain-httpd.feature-faster-peers-88c907e9"
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
    "registry.example.com/team/toolchain-lua:5.2.4-feature-faster-peers-88c907e9",
    "registry.example.com/team/toolchain-lua:key-3f294c9764fec9b141b72b70238cd26c1da76696",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-2.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-2.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-lua:cache-lua-5-2.feature-faster-peers-88c907e9"
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
    "registry.example.com/team/toolchain-lua:5.3.6-feature-faster-peers-88c907e9",
    "registry.example.com/team/toolchain-lua:key-c9c02150c7f02b2ebd2db690672c6b89f3e2d3e8",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-3.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-3.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-lua:cache-lua-5-3.feature-faster-peers-88c907e9"
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
    "registry.example.com/team/toolchain-lua:5.4.7-feature-faster-peers-88c907e9",
    "registry.example.com/team/toolchain-lua:key-63e3a6c15a47eb339dae8d666c16af73288cf309",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-4.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/toolchain-lua:cache-lua-5-4.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/toolchain-lua:cache-lua-5-4.feature-faster-peers-88c907e9"
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

target "web-node" {
  tags = [
    "registry.example.com/team/web-node:2.1.0-feature-faster-peers-88c907e9",
    "registry.example.com/team/web-node:key-3968982370da37c46e8e74d28b8824cd8207d09e",
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

# ---- web-python -----------------------------------------------------------

target "web-python-stage-dependencies" {
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/web-python:cache-web-python-stage-dependencies.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/web-python:cache-web-python-stage-dependencies.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-python:cache-web-python-stage-dependencies.feature-faster-peers-88c907e9"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

target "web-python" {
  tags = [
    "registry.example.com/team/web-python:feature-faster-peers-88c907e9",
    "registry.example.com/team/web-python:key-ea329a5410a0715ee8c026d9a49e0e11737edf70",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/web-python:cache-web-python.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/web-python:cache-web-python.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-python:cache-web-python.feature-faster-peers-88c907e9"
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
    "registry.example.com/team/web-python:feature-faster-peers-88c907e9-test",
    "registry.example.com/team/web-python:key-e8ce1b8e4b27c54a315b1c620e842403cb30c1e5",
  ]
  labels = {
    "com.example.ci.run" = "4711"
  }
  cache-from = [
    {
      type = "registry"
      ref  = "registry.example.com/team/web-python:cache-web-python-test.release-1.x-81caa6e9"
    },
    {
      type = "registry"
      ref  = "registry.example.com/team/web-python:cache-web-python-test.feature-faster-peers-88c907e9"
    },
  ]
  cache-to = [{
    type         = "registry"
    ref          = "registry.example.com/team/web-python:cache-web-python-test.feature-faster-peers-88c907e9"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}
