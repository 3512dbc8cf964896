# escape=`
FROM trap
RUN mkdir /srv/app `
 && touch /srv/app/x
ARG REVISION=none
LABEL back="a\b" `
      revision=$REVISION

