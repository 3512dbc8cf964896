FROM scratch
WORKDIR --create /x
