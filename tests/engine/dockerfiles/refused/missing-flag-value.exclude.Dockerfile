FROM scratch
COPY --exclude a /a
