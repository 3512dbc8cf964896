FROM scratch
RUN --network=none --network=none true
