FROM scratch
ENTRYPOINT --x y
