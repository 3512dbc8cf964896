ARG SUFFIX=-$TARGETARCH
ARG NAME=s
FROM scratch AS s-amd64
FROM scratch AS s-arm64
FROM ${NAME}${SUFFIX} AS picked
ARG http_proxy
ARG HTTP_PROXY=x
