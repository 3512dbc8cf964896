FROM trap AS build
COPY main.src /src/main
RUN mkdir /out && cp /src/main /out/main

FROM trap
RUN mkdir /srv/cache
COPY --from=build --link /out/main /usr/local/bin/main
COPY --from=0 --link /out /srv/out
CMD ["main"]
