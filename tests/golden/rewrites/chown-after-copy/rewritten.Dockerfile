FROM trap
COPY --chown=1000:1000 tree /srv/app
USER 1000
