ARG A
ARG P=linux/amd64
ARG B=busybox
ARG C=$B
FROM ${C}$A AS a
FROM --platform=$TARGETPLATFORM busybox$N AS b
FROM --platform=${TARGETPLATFORM:-x} busybox AS c
FROM --platform=linux/$TARGETARCH busybox AS d
FROM --platform=$P busybox AS e
FROM --platform=linux busybox AS linux-x
FROM --platform=amd64 busybox AS F
FROM --platform=$TARGETPLATFORM${A} busybox as g
from busybox aS h
From busybox As i
FROM g as as
FROM as as G
FROM a AS Context
