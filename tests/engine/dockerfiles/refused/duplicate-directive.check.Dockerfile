# check=skip=all
# Check = skip=all
FROM scratch
