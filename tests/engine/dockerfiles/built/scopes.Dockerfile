ARG VERSION=1
ARG GLOBAL=global DERIVED=${VERSION}-$TARGETARCH
FROM busybox AS base
ARG VERSION
ARG SEQ=a SEQ2=${SEQ}b
ENV X=from-env Y=first
ARG X=from-arg
ENV Y=second Z=$X$Y
ARG BARE
ARG LOCAL=local
ARG http_proxy
ONBUILD ARG TRIGGERED=$Z
ONBUILD ENV ALSO=${TRIGGERED}!
RUN env -0 > /env-base
FROM base AS child
ARG VERSION=2 DERIVED TARGETPLATFORM TARGETSTAGE
ARG GLOBAL
ENV SEEN=$X-$VERSION-$TARGETOS
ARG SEQ
RUN env -0 > /env-child
FROM child AS grandchild
ENV X=again
ARG SEQ2=over
RUN env -0 > /env-grandchild
RUN <<EOF
printf '%s' "$SEQ2" > /in-a-heredoc
EOF
COPY <<expanded <<'literal' /files/
$SEQ2 "${X}" '$X' \$X
expanded
$SEQ2
literal
WORKDIR /files
RUN pwd > /directory
FROM scratch
COPY --from=0 /env-base /
COPY --from=child /env-child /
COPY --from=GrandChild /env-grandchild /in-a-heredoc /directory /files/ /
