FROM trap
RUN mkdir /srv/data
VOLUME /srv/data
COPY --link file /srv/data/file
RUN echo more >> /srv/data/file
