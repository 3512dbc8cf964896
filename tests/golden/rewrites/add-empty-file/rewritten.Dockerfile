FROM trap
COPY empty /srv/empty
COPY two /srv/
