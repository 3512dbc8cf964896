FROM trap@sha256:dbe169f25f7a146a6e81cd09635853cace67792bcaca35885023d49d4ecd11d1 AS build
RUN echo main > /main

FROM --platform=$TARGETPLATFORM trap@sha256:dbe169f25f7a146a6e81cd09635853cace67792bcaca35885023d49d4ecd11d1
COPY --from=build /main /srv/main

