FROM scratch
ENV X=1 # y
