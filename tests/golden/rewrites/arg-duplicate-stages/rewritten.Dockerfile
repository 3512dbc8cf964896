FROM trap AS code
RUN echo first > /srv/first

FROM trap AS code
RUN echo second > /srv/second
ARG REVISION=none
LABEL revision=$REVISION

FROM code
RUN echo "$REVISION" > /srv/last

