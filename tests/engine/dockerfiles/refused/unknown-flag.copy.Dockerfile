FROM scratch
COPY --form=base a /a
