FROM debian-go AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .

FROM busybox
COPY --from=build /root/go/pkg/mod /mod
COPY --from=build /src /src
