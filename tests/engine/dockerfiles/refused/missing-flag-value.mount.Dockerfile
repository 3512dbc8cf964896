FROM scratch
RUN --mount true
