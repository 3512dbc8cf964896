FROM --plaform=linux/amd64 scratch
