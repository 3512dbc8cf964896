FROM trap
COPY --link tree /srv/tree
COPY --link tree/link /srv/one
