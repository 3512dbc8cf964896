FROM trap
COPY notes.tar.gz /srv/notes/
