FROM trap
COPY <<"RAW" /srv/raw
$REVISION stays a word
RAW
RUN mkdir /srv/app
ARG REVISION=none
COPY <<COOKED /srv/cooked
$REVISION is a value
COOKED

