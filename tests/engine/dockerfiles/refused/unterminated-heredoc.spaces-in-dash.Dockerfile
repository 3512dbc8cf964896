FROM scratch
RUN <<-EOF
  EOF
