FROM debian-go AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG COMMIT=none
RUN --mount=type=cache,target=/root/.cache/go-build,id=demo-root-cache-go-build CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.commit=$COMMIT" -o /out/demo .

FROM scratch
COPY --from=build --link /out/demo /demo
ENTRYPOINT ["/demo"]
