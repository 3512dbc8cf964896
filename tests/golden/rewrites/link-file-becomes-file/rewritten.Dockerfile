FROM trap
COPY --link file /srv/one
COPY --link file /srv/two/
