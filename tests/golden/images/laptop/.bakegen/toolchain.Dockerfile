# Rendered by bakegen from toolchain/Dockerfile: change that file, then run `bakegen render`.
#
# A C toolchain from source: musl by GCC, then TinyCC three times, the last two of which must be the same bytes.

# A source archive is a stage of its own: its digest is its cache key, it is downloaded beside everything else, and a
# new musl does not touch the compiler's archive. The versions have no defaults here: image.yaml is where they change.
FROM scratch AS musl-source
ARG MUSL_VERSION
ARG MUSL_SHA256
ADD --checksum=sha256:${MUSL_SHA256} \
    https://deb.debian.org/debian/pool/main/m/musl/musl_${MUSL_VERSION}.orig.tar.gz \
    /musl.tar.gz

FROM scratch AS tcc-source
ARG TCC_VERSION
ARG TCC_SHA256
ADD --checksum=sha256:${TCC_SHA256} \
    https://deb.debian.org/debian/pool/main/t/tcc/tcc_${TCC_VERSION}.orig.tar.bz2 \
    /tcc.tar.bz2

# The C library, the slow part. No ARG is set in this stage: one would enter the cache key of its RUN. The archive is
# mounted instead of copied, and the build tree is gone at the end of the step, so the layer holds the result alone.
FROM base-c AS libc
RUN --mount=type=bind,from=musl-source,target=/sources \
    --mount=type=tmpfs,target=/build \
    cd /build \
 && tar --strip-components=1 -xf /sources/musl.tar.gz \
 && ./configure --prefix=/opt/toolchain --disable-shared \
 && make -j"$(nproc)" \
 && make install \
 && rm /opt/toolchain/bin/musl-gcc /opt/toolchain/lib/musl-gcc.specs

# The compiler: once by GCC, once by itself, and once more to show that it has settled.
FROM libc AS compiler
RUN --mount=type=bind,from=tcc-source,target=/sources \
    --mount=type=bind,source=bootstrap.sh,target=/bootstrap.sh \
    --mount=type=tmpfs,target=/build \
    sh /bootstrap.sh /sources/tcc.tar.bz2 /build /opt/toolchain

FROM debian:trixie-slim
# Everything is static and below /opt, so it is independent of the base: with --link a new Debian leaves it as it is.
COPY --link --from=compiler /opt/toolchain /opt/toolchain
ENV PATH=/opt/toolchain/bin:$PATH
CMD ["tcc", "-v"]
