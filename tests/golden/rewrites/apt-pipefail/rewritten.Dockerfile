FROM debian-apt
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=demo-var-cache-apt-debian-13 \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked,id=demo-var-lib-apt-lists-debian-13 \
    apt-get update | tail -n 1 > /dev/null && apt-get install -y --no-install-recommends alpha
ARG REVISION=none
COPY main /srv/main
LABEL revision=$REVISION
