FROM scratch
RUN --mount=type=cahce,target=/x true
