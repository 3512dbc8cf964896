# Rendered by bakegen from toolchain-lua/Dockerfile: change that file, then run `bakegen render`.
# Rewritten by add-link; `bakegen rewrite` shows why.
#
# Lua from source by the toolchain image, which stands in FROM.

FROM scratch AS source
ARG LUA_SERIES
ARG LUA_VERSION
ARG LUA_SHA256
ADD --checksum=sha256:${LUA_SHA256} \
    https://deb.debian.org/debian/pool/main/l/lua${LUA_SERIES}/lua${LUA_SERIES}_${LUA_VERSION}.orig.tar.gz \
    /lua.tar.gz

FROM toolchain AS build
RUN --mount=type=bind,from=source,target=/sources \
    --mount=type=tmpfs,target=/build \
    cd /build \
 && tar --strip-components=1 -xf /sources/lua.tar.gz \
 && cd src \
 && rm -f luac.c print.c \
 && tcc -static -DLUA_USE_POSIX -o /lua *.c -lm \
 && /lua -v

FROM scratch
COPY --from=build --link /lua /lua
USER 65534:65534
ENTRYPOINT ["/lua"]
