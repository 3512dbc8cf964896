# Rendered by bakegen from the image definitions: change those, then run `bakegen render`.
# Build with `docker buildx bake`, or one of the groups below: `docker buildx bake NAME`.

group "default" {
  targets = [
    "build-tree",
    "interop-go",
    "interop-rust",
    "toolchain",
    "toolchain-httpd",
    "toolchain-lua",
    "web-node",
    "web-python",
  ]
}

group "stages" {
  targets = [
    "build-tree-stage-build",
    "toolchain-stage-libc",
    "toolchain-stage-compiler",
    "web-node-stage-dependencies",
    "web-python-stage-dependencies",
  ]
}

group "pr" {
  targets = [
    "build-tree",
    "build-tree-check",
    "interop-go-1-8-11",
    "interop-go-1-8-17",
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

group "nightly" {
  targets = [
    "build-tree",
    "build-tree-check",
    "interop-go",
    "interop-rust",
    "toolchain",
    "toolchain-httpd",
    "toolchain-lua",
    "web-node",
    "web-python",
    "web-python-test",
  ]
}

group "base" {
  targets = ["base-c", "base-go", "base-rust", "base-python", "base-node", "base-npm"]
}

group "interop-go" {
  targets = [
    "interop-go-1-8-6",
    "interop-go-1-8-7",
    "interop-go-1-8-9",
    "interop-go-1-8-10",
    "interop-go-1-8-11",
    "interop-go-1-8-17",
  ]
}

group "interop-rust" {
  targets = ["interop-rust-0-20-1", "interop-rust-0-24-0", "interop-rust-0-28-0"]
}

group "toolchain-lua" {
  targets = ["lua-5-2", "lua-5-3", "lua-5-4"]
}

# ---- base -----------------------------------------------------------------

target "_base" {
  context = "base"
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
  }
  output = [{ type = "docker" }]
}

# base (language=c)
target "base-c" {
  inherits    = ["_base"]
  description = "Debian trixie with what C needs"
  dockerfile  = "../.bakegen/base-c.Dockerfile"
  tags        = ["base:c-trixie"]
  labels = {
    "org.opencontainers.image.title" = "base-c"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/base-c" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/base-c"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# base (language=go)
target "base-go" {
  inherits    = ["_base"]
  description = "Debian trixie with what Go needs"
  dockerfile  = "../.bakegen/base-go.Dockerfile"
  tags        = ["base:go-trixie"]
  labels = {
    "org.opencontainers.image.title" = "base-go"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/base-go" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/base-go"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# base (language=rust)
target "base-rust" {
  inherits    = ["_base"]
  description = "Debian trixie with what Rust needs"
  dockerfile  = "../.bakegen/base-rust.Dockerfile"
  tags        = ["base:rust-trixie"]
  labels = {
    "org.opencontainers.image.title" = "base-rust"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/base-rust" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/base-rust"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# base (language=python)
target "base-python" {
  inherits    = ["_base"]
  description = "Debian trixie with what Python needs"
  dockerfile  = "../.bakegen/base-python.Dockerfile"
  tags        = ["base:python-trixie"]
  labels = {
    "org.opencontainers.image.title" = "base-python"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/base-python" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/base-python"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# base (language=node)
target "base-node" {
  inherits    = ["_base"]
  description = "Debian trixie with what Node at run time needs"
  dockerfile  = "../.bakegen/base-node.Dockerfile"
  tags        = ["base:node-trixie"]
  labels = {
    "org.opencontainers.image.title" = "base-node"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/base-node" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/base-node"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# base (language=npm)
target "base-npm" {
  inherits    = ["_base"]
  description = "Debian trixie with what Node and npm at build time needs"
  dockerfile  = "../.bakegen/base-npm.Dockerfile"
  tags        = ["base:npm-trixie"]
  labels = {
    "org.opencontainers.image.title" = "base-npm"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/base-npm" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/base-npm"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# ---- build-tree -----------------------------------------------------------

target "_build-tree" {
  context    = "build-tree"
  dockerfile = "../.bakegen/build-tree.Dockerfile"
  contexts = {
    base-c = "target:base-c"
  }
  ulimits = ["nofile=16384:16384"]
}

# The stage build, for its cache: bake the group `stages` first.
target "build-tree-stage-build" {
  inherits   = ["_build-tree"]
  target     = "build"
  cache-from = [{ type = "local", src = ".bakegen/cache/build-tree-stage-build" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/build-tree-stage-build"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}

target "build-tree" {
  inherits    = ["_build-tree"]
  description = "The build tree of calc, without *.o and *.a"
  target      = "handover"
  tags        = ["build-tree:tree"]
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
    "org.opencontainers.image.title"  = "build-tree"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/build-tree" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/build-tree"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "image", compression = "zstd", compression-level = "3", oci-mediatypes = "true" }]
}

# ---- build-tree-check -----------------------------------------------------

target "build-tree-check" {
  description = "The tests of calc, run from its build tree"
  context     = "build-tree-check"
  dockerfile  = "../.bakegen/build-tree-check.Dockerfile"
  contexts = {
    build-tree = "target:build-tree"
  }
  tags = ["build-tree-check:latest"]
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
    "org.opencontainers.image.title"  = "build-tree-check"
  }
  output = [{ type = "cacheonly" }]
}

# ---- interop-go -----------------------------------------------------------

target "_interop-go" {
  context = "interop-go"
  contexts = {
    base-go = "target:base-go"
  }
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
  }
  output = [{ type = "docker" }]
}

# interop-go (version=1.8.6)
target "interop-go-1-8-6" {
  inherits    = ["_interop-go"]
  description = "Interop peer: nhooyr.io/websocket v1.8.6"
  dockerfile  = "../.bakegen/interop-go-1-8-6.Dockerfile"
  tags        = ["interop-go:v1.8.6"]
  labels = {
    "org.opencontainers.image.title"  = "interop-go-1-8-6"
    "com.example.interop.library"     = "nhooyr.io/websocket@v1.8.6"
    "com.example.interop.compression" = "klauspost"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-go-1-8-6" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-go-1-8-6"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# interop-go (version=1.8.7)
target "interop-go-1-8-7" {
  inherits    = ["_interop-go"]
  description = "Interop peer: nhooyr.io/websocket v1.8.7"
  dockerfile  = "../.bakegen/interop-go-1-8-7.Dockerfile"
  tags        = ["interop-go:v1.8.7"]
  labels = {
    "org.opencontainers.image.title"  = "interop-go-1-8-7"
    "com.example.interop.library"     = "nhooyr.io/websocket@v1.8.7"
    "com.example.interop.compression" = "klauspost"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-go-1-8-7" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-go-1-8-7"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# interop-go (version=1.8.9)
target "interop-go-1-8-9" {
  inherits    = ["_interop-go"]
  description = "Interop peer: nhooyr.io/websocket v1.8.9"
  dockerfile  = "../.bakegen/interop-go-1-8-9.Dockerfile"
  tags        = ["interop-go:v1.8.9"]
  labels = {
    "org.opencontainers.image.title" = "interop-go-1-8-9"
    "com.example.interop.library"    = "nhooyr.io/websocket@v1.8.9"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-go-1-8-9" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-go-1-8-9"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# interop-go (version=1.8.10)
target "interop-go-1-8-10" {
  inherits    = ["_interop-go"]
  description = "Interop peer: nhooyr.io/websocket v1.8.10"
  dockerfile  = "../.bakegen/interop-go-1-8-10.Dockerfile"
  tags        = ["interop-go:v1.8.10"]
  labels = {
    "org.opencontainers.image.title" = "interop-go-1-8-10"
    "com.example.interop.library"    = "nhooyr.io/websocket@v1.8.10"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-go-1-8-10" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-go-1-8-10"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# interop-go (version=1.8.11)
target "interop-go-1-8-11" {
  inherits    = ["_interop-go"]
  description = "Interop peer: nhooyr.io/websocket v1.8.11"
  dockerfile  = "../.bakegen/interop-go-1-8-11.Dockerfile"
  tags        = ["interop-go:v1.8.11"]
  labels = {
    "org.opencontainers.image.title" = "interop-go-1-8-11"
    "com.example.interop.library"    = "nhooyr.io/websocket@v1.8.11"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-go-1-8-11" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-go-1-8-11"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# interop-go (version=1.8.17)
target "interop-go-1-8-17" {
  inherits    = ["_interop-go"]
  description = "Interop peer: nhooyr.io/websocket v1.8.17"
  dockerfile  = "../.bakegen/interop-go-1-8-17.Dockerfile"
  platforms   = ["linux/amd64", "linux/arm64"]
  tags        = ["interop-go:v1.8.17"]
  labels = {
    "org.opencontainers.image.title" = "interop-go-1-8-17"
    "com.example.interop.library"    = "nhooyr.io/websocket@v1.8.17"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-go-1-8-17" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-go-1-8-17"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# ---- interop-rust ---------------------------------------------------------

target "_interop-rust" {
  context = "interop-rust"
  contexts = {
    base-rust = "target:base-rust"
  }
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
  }
  output = [{ type = "docker" }]
}

# interop-rust (version=0.20.1)
target "interop-rust-0-20-1" {
  inherits    = ["_interop-rust"]
  description = "Interop peer: tungstenite v0.20.1"
  dockerfile  = "../.bakegen/interop-rust-0-20-1.Dockerfile"
  args = {
    VERSION = "0.20.1"
  }
  tags = ["interop-rust:v0.20.1"]
  labels = {
    "org.opencontainers.image.title" = "interop-rust-0-20-1"
    "com.example.interop.library"    = "tungstenite@0.20.1"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-rust-0-20-1" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-rust-0-20-1"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# interop-rust (version=0.24.0)
target "interop-rust-0-24-0" {
  inherits    = ["_interop-rust"]
  description = "Interop peer: tungstenite v0.24.0"
  dockerfile  = "../.bakegen/interop-rust-0-24-0.Dockerfile"
  args = {
    VERSION = "0.24.0"
  }
  tags = ["interop-rust:v0.24.0"]
  labels = {
    "org.opencontainers.image.title" = "interop-rust-0-24-0"
    "com.example.interop.library"    = "tungstenite@0.24.0"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-rust-0-24-0" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-rust-0-24-0"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# interop-rust (version=0.28.0)
target "interop-rust-0-28-0" {
  inherits    = ["_interop-rust"]
  description = "Interop peer: tungstenite v0.28.0"
  dockerfile  = "../.bakegen/interop-rust-0-28-0.Dockerfile"
  args = {
    VERSION = "0.28.0"
  }
  tags = ["interop-rust:v0.28.0"]
  labels = {
    "org.opencontainers.image.title" = "interop-rust-0-28-0"
    "com.example.interop.library"    = "tungstenite@0.28.0"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/interop-rust-0-28-0" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/interop-rust-0-28-0"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# ---- toolchain ------------------------------------------------------------

target "_toolchain" {
  context    = "toolchain"
  dockerfile = "../.bakegen/toolchain.Dockerfile"
  args = {
    MUSL_VERSION = "1.2.5"
    MUSL_SHA256  = "a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4"
    TCC_VERSION  = "0.9.27+git20200814.62c30a4a"
    TCC_SHA256   = "d63c113bcdd657f51c8ee197a0b0a24203603313e19a52b5f678d40ab7f5df35"
  }
  contexts = {
    base-c = "target:base-c"
  }
}

# The stage libc, for its cache: bake the group `stages` first.
target "toolchain-stage-libc" {
  inherits   = ["_toolchain"]
  target     = "libc"
  cache-from = [{ type = "local", src = ".bakegen/cache/toolchain-stage-libc" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/toolchain-stage-libc"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}

# The stage compiler, for its cache: bake the group `stages` first.
target "toolchain-stage-compiler" {
  inherits   = ["_toolchain"]
  target     = "compiler"
  cache-from = [{ type = "local", src = ".bakegen/cache/toolchain-stage-compiler" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/toolchain-stage-compiler"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}

target "toolchain" {
  inherits    = ["_toolchain"]
  description = "TinyCC 0.9.27+git20200814.62c30a4a with musl 1.2.5, bootstrapped"
  tags        = ["toolchain:musl-1.2.5"]
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
    "org.opencontainers.image.title"  = "toolchain"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/toolchain" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/toolchain"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "docker" }]
}

# ---- toolchain-httpd ------------------------------------------------------

target "toolchain-httpd" {
  description = "A static file server, compiled by the toolchain image"
  context     = "toolchain-httpd"
  dockerfile  = "../.bakegen/toolchain-httpd.Dockerfile"
  contexts = {
    compiler = "target:toolchain"
  }
  tags = ["toolchain-httpd:1.0"]
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
    "org.opencontainers.image.title"  = "toolchain-httpd"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/toolchain-httpd" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/toolchain-httpd"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "docker" }]
}

# ---- toolchain-lua --------------------------------------------------------

target "_toolchain-lua" {
  context = "toolchain-lua"
  contexts = {
    toolchain = "target:toolchain"
  }
  labels = {
    "org.opencontainers.image.vendor" = "The bakegen authors"
  }
  annotations = [
    "org.opencontainers.image.source=https://www.lua.org/",
    "org.opencontainers.image.licenses=MIT",
  ]
  output = [{ type = "docker" }]
}

# toolchain-lua (lua=5.2.4)
target "lua-5-2" {
  inherits    = ["_toolchain-lua"]
  description = "Lua 5.2.4, static"
  dockerfile  = "../.bakegen/lua-5-2.Dockerfile"
  args = {
    LUA_VERSION = "5.2.4"
    LUA_SERIES  = "5.2"
    LUA_SHA256  = "86fb7e23cbbddfcd92684e5f8017ff41c9112251d1656dbece415a97fad171c0"
  }
  tags = ["toolchain-lua:5.2.4"]
  labels = {
    "org.opencontainers.image.title" = "lua-5-2"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/lua-5-2" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/lua-5-2"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# toolchain-lua (lua=5.3.6)
target "lua-5-3" {
  inherits    = ["_toolchain-lua"]
  description = "Lua 5.3.6, static"
  dockerfile  = "../.bakegen/lua-5-3.Dockerfile"
  args = {
    LUA_VERSION = "5.3.6"
    LUA_SERIES  = "5.3"
    LUA_SHA256  = "fc5fd69bb8736323f026672b1b7235da613d7177e72558893a0bdcd320466d60"
  }
  tags = ["toolchain-lua:5.3.6"]
  labels = {
    "org.opencontainers.image.title" = "lua-5-3"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/lua-5-3" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/lua-5-3"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# toolchain-lua (lua=5.4.7)
target "lua-5-4" {
  inherits    = ["_toolchain-lua"]
  description = "Lua 5.4.7, static"
  dockerfile  = "../.bakegen/lua-5-4.Dockerfile"
  args = {
    LUA_VERSION = "5.4.7"
    LUA_SERIES  = "5.4"
    LUA_SHA256  = "9fbf5e28ef86c69858f6d3d34eccc32e911c1a28b4120ff3e84aaa70cfbf1e30"
  }
  tags = ["toolchain-lua:5.4.7"]
  labels = {
    "org.opencontainers.image.title" = "lua-5-4"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/lua-5-4" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/lua-5-4"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
}

# ---- web-node -------------------------------------------------------------

target "_web-node" {
  context    = "web-node"
  dockerfile = "../.bakegen/web-node.Dockerfile"
  contexts = {
    shared   = "shared"
    base-npm = "target:base-npm"
  }
}

# The stage dependencies, for its cache: bake the group `stages` first.
target "web-node-stage-dependencies" {
  inherits   = ["_web-node"]
  target     = "dependencies"
  cache-from = [{ type = "local", src = ".bakegen/cache/web-node-stage-dependencies" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/web-node-stage-dependencies"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}

target "web-node" {
  inherits    = ["_web-node"]
  description = "Guest book in Node"
  target      = "app"
  contexts = {
    base-node = "target:base-node"
  }
  tags = ["web-node:2.1.0"]
  labels = {
    "org.opencontainers.image.vendor"  = "The bakegen authors"
    "org.opencontainers.image.title"   = "web-node"
    "org.opencontainers.image.version" = "2.1.0"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/web-node" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/web-node"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "docker" }]
  attest = [{ type = "provenance", mode = "min" }]
}

# ---- web-python -----------------------------------------------------------

target "_web-python" {
  context = "web-python"
  args = {
    APP_VERSION = "1.4.0"
  }
  contexts = {
    shared      = "shared"
    base-python = "target:base-python"
  }
  secret = [{ id = "pip-index", env = "PIP_EXTRA_INDEX_URL" }]
}

# The stage dependencies, for its cache: bake the group `stages` first.
target "web-python-stage-dependencies" {
  inherits   = ["_web-python"]
  dockerfile = "../.bakegen/web-python.Dockerfile"
  target     = "dependencies"
  cache-from = [{ type = "local", src = ".bakegen/cache/web-python-stage-dependencies" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/web-python-stage-dependencies"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}

# web-python (part=app)
target "web-python" {
  inherits    = ["_web-python"]
  description = "Guest book in Python (app)"
  dockerfile  = "../.bakegen/web-python.Dockerfile"
  target      = "app"
  tags        = ["web-python:1.4.0"]
  labels = {
    "org.opencontainers.image.vendor"  = "The bakegen authors"
    "org.opencontainers.image.title"   = "web-python"
    "org.opencontainers.image.version" = "1.4.0"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/web-python" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/web-python"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "docker" }]
}

# web-python (part=test)
target "web-python-test" {
  inherits    = ["_web-python"]
  description = "Guest book in Python (test)"
  dockerfile  = "../.bakegen/web-python-test.Dockerfile"
  target      = "test"
  tags        = ["web-python:1.4.0-test"]
  labels = {
    "org.opencontainers.image.vendor"  = "The bakegen authors"
    "org.opencontainers.image.title"   = "web-python-test"
    "org.opencontainers.image.version" = "1.4.0"
  }
  cache-from = [{ type = "local", src = ".bakegen/cache/web-python-test" }]
  cache-to = [{
    type         = "local"
    dest         = ".bakegen/cache/web-python-test"
    mode         = "max"
    compression  = "zstd"
    ignore-error = "true"
  }]
  output = [{ type = "cacheonly" }]
}
