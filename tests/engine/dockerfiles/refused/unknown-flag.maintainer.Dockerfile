FROM scratch
MAINTAINER --x me
