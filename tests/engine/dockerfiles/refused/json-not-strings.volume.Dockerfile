FROM scratch
VOLUME [1]
