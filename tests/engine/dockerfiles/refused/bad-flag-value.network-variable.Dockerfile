FROM scratch
ARG N=none
RUN --network=$N true
