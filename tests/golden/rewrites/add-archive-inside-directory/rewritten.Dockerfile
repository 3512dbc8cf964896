FROM trap
COPY tree/ /srv/data/
