FROM onbuild
COPY --link config /opt/config
