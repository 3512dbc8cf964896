FROM scratch
LABEL --x A=1
