ARG VERSION=1.0
FROM trap AS build
RUN mkdir /out
ARG VERSION
RUN echo "$VERSION" > /out/version

FROM trap
RUN mkdir -p /srv/app
ARG VERSION
COPY --from=build /out/version /srv/app/version
LABEL version=$VERSION

