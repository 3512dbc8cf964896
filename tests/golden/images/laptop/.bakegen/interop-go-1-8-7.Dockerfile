# Rendered by bakegen from interop-go/Dockerfile.j2: change that file, then run `bakegen render`.
# Rewritten by add-link; `bakegen rewrite` shows why.
#
# A peer of the interop suite for nhooyr.io/websocket v1.8.7.

# The compiler runs on the builder's own platform, whatever it compiles for.
FROM --platform=$BUILDPLATFORM base-go AS build
WORKDIR /src

# What changes least comes first: this version's two files decide which modules are downloaded, main.go does not.
COPY go.v1.8.7.mod go.mod
COPY go.v1.8.7.sum go.sum
# The modules go into the layer, not into a cache mount: layers reach the next CI machine, cache mounts stay behind.
RUN go mod download

# TARGETARCH is set for every RUN below it, so it stands below what does not depend on it.
ARG TARGETARCH
COPY main.go .
# The compiler's own cache may stay behind: without it, this step only takes longer. All versions share it, one at a time:
# whoever comes first compiles the standard library, and the others find it there instead of compiling it all at once.
RUN --mount=type=cache,id=interop-go-build,target=/root/.cache/go-build,sharing=locked \
    GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /interop .

FROM scratch
COPY --from=build --link /interop /interop
USER 65534:65534
EXPOSE 9000
ENTRYPOINT ["/interop"]
