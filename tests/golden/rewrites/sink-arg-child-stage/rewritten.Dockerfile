FROM trap AS common
RUN mkdir /srv/app
ARG VERSION=0

FROM common
RUN echo "$VERSION" > /srv/app/version

