FROM trap
RUN mkdir /srv/app
ARG VERSION=0
ENV VERSION=${VERSION}
RUN echo "$VERSION" > /srv/app/version

