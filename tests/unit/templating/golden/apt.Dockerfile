FROM debian:13-slim
RUN --mount=type=cache,id=app-1-2-3-apt-archives,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=app-1-2-3-apt-lists,target=/var/lib/apt/lists,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates \
        curl
