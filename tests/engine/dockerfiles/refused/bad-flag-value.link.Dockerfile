FROM scratch
COPY --link=yes a /a
