FROM debian-apt
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=demo-var-cache-apt-debian-13 \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked,id=demo-var-lib-apt-lists-debian-13 \
    apt-get update \
 && apt-get install -y --no-install-recommends alpha
COPY main /srv/main
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=demo-var-cache-apt-debian-13 \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked,id=demo-var-lib-apt-lists-debian-13 \
    apt-get update && apt-get install -y beta
