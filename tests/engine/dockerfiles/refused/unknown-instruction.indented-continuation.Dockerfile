FROM scratch
RUN one
  && two
