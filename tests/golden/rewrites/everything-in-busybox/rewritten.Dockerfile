# check=skip=JSONArgsRecommended
# The program.
FROM trap AS build
# Where it is made.
WORKDIR /work
COPY src/ src/
RUN mkdir -p /out \
    && cp src/main /out/main
ARG GIT_SHA=none

FROM trap
RUN mkdir -p /srv/app/data && chown 1000:1000 /srv/app/data
ARG GIT_SHA=none
ENV GIT_SHA=$GIT_SHA
LABEL org.opencontainers.image.revision=$GIT_SHA
# The program itself.
COPY --from=build --link /out/main /srv/app/main
COPY --link assets /srv/app/assets
USER 1000
CMD ["/srv/app/main"]
