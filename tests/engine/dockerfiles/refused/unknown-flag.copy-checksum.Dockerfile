FROM scratch
COPY --checksum=sha256:aa a /a
