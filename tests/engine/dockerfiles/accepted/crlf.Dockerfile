FROM scratch AS win
RUN echo a \
  # comment
  b
RUN <<EOF
line one
EOF
ENV A=1 \

    B=2
COPY a /b
