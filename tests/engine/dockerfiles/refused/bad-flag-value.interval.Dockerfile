FROM scratch
HEALTHCHECK --interval=3 CMD true
