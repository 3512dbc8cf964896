FROM scratch AS base
ONBUILD ARG NAME=world
ONBUILD ENV GREETING="hello $NAME"
ONBUILD COPY --from=tools /a /a
ONBUILD RUN --mount=type=secret,id=trigger true
ONBUILD RUN <<EOF
echo $GREETING
EOF
ONBUILD WORKDIR /$NAME
FROM scratch AS tools
ARG TOOL=1
FROM scratch
