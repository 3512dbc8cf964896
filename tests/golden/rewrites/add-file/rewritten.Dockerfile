FROM trap
COPY one /srv/app/one
COPY --chown=1000:1000 --chmod=0640 two tree/ /srv/app/
copy ["one", "/srv/other"]
