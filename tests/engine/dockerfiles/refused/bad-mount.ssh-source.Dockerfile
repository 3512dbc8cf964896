FROM scratch
RUN --mount=type=ssh,source=x true
