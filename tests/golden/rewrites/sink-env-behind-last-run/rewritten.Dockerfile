FROM trap AS common
RUN mkdir -p /srv/app && touch /srv/app/x
ENV BUILD_DATE=2026-01-01
LABEL date=$BUILD_DATE

FROM common
RUN echo "$BUILD_DATE" > /srv/app/date

