FROM trap
RUN mkdir -p /srv/app
RUN echo installed > /srv/app/state
ARG GIT_SHA=unknown
COPY main.sh /srv/app/main.sh
LABEL org.opencontainers.image.revision=$GIT_SHA
CMD ["/srv/app/main.sh"]
