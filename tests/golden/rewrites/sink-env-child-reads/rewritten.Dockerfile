FROM trap AS common
RUN mkdir -p /srv/app
ARG APP_VERSION=dev
ENV APP_VERSION=$APP_VERSION

FROM common
COPY build.sh /tmp/build.sh
RUN sh /tmp/build.sh
