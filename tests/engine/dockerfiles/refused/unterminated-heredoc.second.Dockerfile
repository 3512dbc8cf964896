FROM scratch
COPY <<A <<B /x/
a
A
