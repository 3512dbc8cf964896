FROM scratch
HEALTHCHECK --intervall=3s CMD true
