# Rendered by bakegen from base/Dockerfile.j2: change that file, then run `bakegen render`.
#
# Debian trixie for Rust.
FROM debian:trixie-slim
RUN --mount=type=cache,id=base-rust-apt-archives,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=base-rust-apt-lists,target=/var/lib/apt/lists,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates \
        cargo \
        gcc \
        libc6-dev \
        rustc
