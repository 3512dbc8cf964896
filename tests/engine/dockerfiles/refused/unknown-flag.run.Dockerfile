FROM scratch
RUN --mnt=type=cache,target=/x true
