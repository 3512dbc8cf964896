mkdir /srv/app && echo done > /srv/app/state

