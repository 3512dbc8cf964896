FROM scratch
ARG A=x
RUN --mount=from=$A,target=/x true
