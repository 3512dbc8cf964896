FROM trap
WORKDIR /srv/work
RUN --mount=type=bind,source=words.txt,target=/srv/work/words.txt cp words.txt /opt/words
RUN ls -a /srv/work > /srv/listing
