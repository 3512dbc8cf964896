FROM debian-apt
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=demo-var-cache-apt-debian-13 apt-get update
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=demo-var-cache-apt-debian-13 apt-get install -y --no-install-recommends alpha
COPY main /srv/main
