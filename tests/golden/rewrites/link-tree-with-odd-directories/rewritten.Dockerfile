FROM trap
COPY --link root/ /
RUN stat -c "%a %u %n" /tmp /priv /opt > /srv/listing
