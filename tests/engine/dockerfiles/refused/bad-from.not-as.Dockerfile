FROM scratch IS base
