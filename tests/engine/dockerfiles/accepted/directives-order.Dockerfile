#   Check =  skip=all;error=false
#escape=`
FROM scratch AS one
COPY a `
  b `
  /to/
ENV P=C:\dir Q="a`"b" R=a` b
RUN dir `
  # inside
  c:\temp
