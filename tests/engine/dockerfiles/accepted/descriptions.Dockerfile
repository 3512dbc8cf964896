# A before the directive place
# A of the head
ARG A=1

# B after a blank line

ARG B=2
#
# C
# C of many lines
# C second line is not used
ARG C=3
  # D indented, so not one
ARG D=4
# E
#   E with spaces around   
ARG E=5 F=6
# F too late
FROM scratch AS app
# G of the stage
# check=skip=all
ARG G=$A$B$C$D$E$F
# app is described too late
# A again
ARG A
# app
# H belongs to whoever comes next
RUN true
ARG H
