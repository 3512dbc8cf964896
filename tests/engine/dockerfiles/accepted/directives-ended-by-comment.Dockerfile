# just a comment
# escape=`
FROM scratch
RUN echo a \
  b
