FROM trap AS build
RUN mkdir -m 0700 /out && echo main > /out/main

FROM scratch
COPY --from=build --link /out/main /main
COPY --from=build --link /out /out
COPY --link file /etc/file
