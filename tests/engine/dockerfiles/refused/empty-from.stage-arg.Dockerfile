FROM scratch
ARG X=scratch
FROM $X
