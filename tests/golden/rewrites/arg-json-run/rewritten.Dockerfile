FROM trap
RUN ["mkdir", "/srv/$REVISION"]
ARG REVISION=none
RUN ["/bin/sh", "-c", "echo \"$REVISION\" > /srv/revision"]

