FROM trap
COPY --link setup.sh /setup.sh
RUN sh /setup.sh
COPY file /srv/plain/file
