FROM scratch
WORKDIR /a'b
