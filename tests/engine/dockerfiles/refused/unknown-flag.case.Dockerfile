FROM scratch
COPY --From=base a /a
