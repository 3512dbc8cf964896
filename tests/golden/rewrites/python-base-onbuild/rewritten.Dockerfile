FROM onbuild
RUN cp /src/config /opt/config
ARG VERSION=0
