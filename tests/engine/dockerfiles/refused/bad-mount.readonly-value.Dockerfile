FROM scratch
RUN --mount=target=/x,ro=yes true
