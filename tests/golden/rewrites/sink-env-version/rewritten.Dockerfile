FROM trap
RUN mkdir -p /srv/app
ARG APP_VERSION=dev
ENV APP_VERSION=$APP_VERSION
COPY main /srv/app/main
CMD ["/srv/app/main"]
