FROM scratch
RUN --mount=type=cache,target=/x,mode=0999 true
