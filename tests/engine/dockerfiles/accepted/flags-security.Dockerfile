FROM scratch
RUN --network=default --security=sandbox true
RUN --security=insecure true
