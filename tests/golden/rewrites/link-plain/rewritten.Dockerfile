FROM trap
COPY --link main /srv/app/bin/main
COPY --link lib/ /opt/lib/
COPY --link one two /srv/plain/
