FROM trap
RUN mkdir /srv/app && echo old > /srv/app/main && ln -s main /srv/app/other
COPY --link tree /srv/app
RUN cat /srv/app/main /srv/app/other > /srv/seen
