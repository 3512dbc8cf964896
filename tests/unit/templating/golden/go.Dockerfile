FROM --platform=$BUILDPLATFORM golang:1.2.3 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN --mount=type=cache,id=app-1-2-3-go-build,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags='-s -w' -o /app .
FROM scratch
COPY --from=build /app /app
ENTRYPOINT ["/app"]
