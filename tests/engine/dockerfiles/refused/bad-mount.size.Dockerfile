FROM scratch
RUN --mount=type=tmpfs,target=/x,size=big true
