# author=me
# escape=`
FROM scratch
RUN echo a \
  b
