FROM scratch
COPY a <<E
E
