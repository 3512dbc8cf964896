# Rendered by bakegen from interop-rust/Dockerfile: change that file, then run `bakegen render`.
#
# A peer of the interop suite for the tungstenite version in VERSION.

FROM base-rust AS build
WORKDIR /src

# The oldest trick for cargo: compile the dependencies with an empty program, then throw the program away. They stay in
# this layer, so a change in src/ compiles src/ alone, on the next CI machine too. Downloads are in a cache mount; where
# it is empty, they are fetched again. The mount is one for each version: cargo's lock lies beside `registry`, not in it,
# and two cargos that are built at once would trip over each other in a shared one.
ARG VERSION
COPY Cargo.v${VERSION}.toml Cargo.toml
COPY Cargo.v${VERSION}.lock Cargo.lock
RUN --mount=type=cache,id=interop-cargo-${VERSION},target=/root/.cargo/registry \
    mkdir src \
 && echo "fn main() {}" > src/main.rs \
 && cargo build --release --locked \
 && rm -r src

COPY src src
# A file keeps the time of its checkout, which may lie before the empty program's: `touch` makes cargo look at it.
RUN --mount=type=cache,id=interop-cargo-${VERSION},target=/root/.cargo/registry \
    touch src/main.rs \
 && cargo build --release --locked

FROM debian:trixie-slim
# /opt is a real folder of root's with mode 0755 in Debian, so the layer may be laid over any base: --link lets it
# survive a new base image without being copied, packed or uploaded again.
COPY --link --from=build /src/target/release/interop /opt/interop/bin/interop
USER 65534:65534
EXPOSE 9000
ENTRYPOINT ["/opt/interop/bin/interop"]
