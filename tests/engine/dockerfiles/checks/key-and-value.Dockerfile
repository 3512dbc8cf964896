FROM busybox
ENV A	b  c
LABEL a b=c
ENV a=b c=d
ENV A \
 # d
 b
ARG A B
ONBUILD ENV A b
MAINTAINER a
maintainer b
