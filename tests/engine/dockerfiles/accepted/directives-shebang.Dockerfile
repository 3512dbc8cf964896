#!/usr/bin/env docker
# check=skip=all
# escape=`
FROM scratch
RUN echo a \
  b
