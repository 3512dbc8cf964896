FROM scratch
RUN --mount=type=bind,source=a true
