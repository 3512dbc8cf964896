FROM scratch
RUN --mount=type=secret,id=x,source=y true
