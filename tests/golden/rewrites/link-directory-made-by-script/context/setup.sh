chmod 0700 /srv/plain
