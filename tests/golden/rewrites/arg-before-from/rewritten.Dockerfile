ARG BASE=trap
FROM ${BASE}
RUN mkdir /srv/app
RUN echo "base [$BASE]" > /srv/app/base
ARG REVISION=none
LABEL revision=$REVISION

