FROM scratch
HEALTHCHECK CMD [true]
