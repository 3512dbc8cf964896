FROM trap
RUN echo first > /srv/first
ARG PLACE=/srv/app
WORKDIR $PLACE
COPY main ${PLACE}/bin/main
