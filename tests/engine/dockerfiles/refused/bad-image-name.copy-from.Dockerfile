FROM scratch
COPY --from=UPPER a /a
