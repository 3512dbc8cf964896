// check=skip=all
FROM scratch
