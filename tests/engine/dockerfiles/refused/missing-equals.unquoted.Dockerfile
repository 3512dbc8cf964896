FROM scratch
ENV X=one two
