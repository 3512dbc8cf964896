FROM debian-apt
RUN apt-get update && apt-get install -y --no-install-recommends alpha
ARG VERSION=0
RUN echo "$VERSION" > /srv/version

