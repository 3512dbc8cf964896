FROM scratch
VOLUME --x /x
