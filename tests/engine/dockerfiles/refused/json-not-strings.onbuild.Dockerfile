FROM scratch
ONBUILD RUN [null]
