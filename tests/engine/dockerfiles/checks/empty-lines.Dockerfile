FROM busybox
RUN a \


RUN b
ENV A=1 \
  # c

  B=2
RUN <<EOF

EOF
RUN c <<EOF \

 && d

EOF
CMD a \



