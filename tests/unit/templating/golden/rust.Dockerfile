FROM rust:1.2.3 AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
RUN --mount=type=cache,id=app-1-2-3-cargo-registry,target=/usr/local/cargo/registry \
    mkdir src \
    && echo "fn main() {}" > src/main.rs \
    && cargo build --release --locked \
    && rm -r src
COPY src src
RUN --mount=type=cache,id=app-1-2-3-cargo-registry,target=/usr/local/cargo/registry \
    touch src/main.rs \
    && cargo build --release --locked
FROM debian:13-slim
COPY --from=build /src/target/release/app /usr/local/bin/app
ENTRYPOINT ["app"]
