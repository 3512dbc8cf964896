FROM scratch
COPY --from=a\'b\' a /a
