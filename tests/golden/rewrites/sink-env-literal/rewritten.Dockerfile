FROM trap
RUN mkdir -p /srv/app
# Raised by hand, at every release.
ENV APP_VERSION=1.2.3
RUN echo "$APP_VERSION" > /srv/app/version

