FROM scratch
LABEL only
