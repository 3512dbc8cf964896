FROM trap
RUN set -eu; mkdir /srv/app; touch /srv/app/x
ARG REVISION=none
LABEL revision=$REVISION

