# A
ARG A
# a x
ARG A
# x
FROM busybox AS b
# b
FROM busybox
#A
ARG A=1 B=2
# B of
ARG A=1 B=2
  # ind
ARG C
# C


# D
ARG C
# C
#
ARG D
# e
ENV E=1
#	F
ARG F
# F: x
ARG F
