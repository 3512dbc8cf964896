FROM trap
COPY --link two /srv/two
COPY --link $UNSET /srv/all
RUN ls /srv/all > /srv/listing
