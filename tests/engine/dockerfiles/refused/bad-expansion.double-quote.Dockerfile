FROM scratch
USER "x
