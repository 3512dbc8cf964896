FROM scratch
COPY git@example.com:a/b.git /a
