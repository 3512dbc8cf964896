FROM scratch
COPY --chmod=executable a /a
