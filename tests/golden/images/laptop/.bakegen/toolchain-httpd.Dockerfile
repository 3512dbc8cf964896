# Rendered by bakegen from toolchain-httpd/Dockerfile: change that file, then run `bakegen render`.
# Rewritten by add-link; `bakegen rewrite` shows why.
#
# A small web server, compiled by the toolchain, which is copied in from an image called `compiler`.

FROM debian:trixie-slim AS build
# The toolchain is static, so it works on any base. /opt is a real folder with mode 0755: safe for --link.
COPY --link --from=compiler /opt/toolchain /opt/toolchain
WORKDIR /src
COPY httpd.c .
RUN /opt/toolchain/bin/tcc -static -Wall -Werror -o /httpd httpd.c
COPY public public

FROM scratch
# What changes seldom first: the program, then the pages.
COPY --from=build --link /httpd /httpd
COPY --from=build --link /src/public /public
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["/httpd"]
CMD ["8080", "/public"]
