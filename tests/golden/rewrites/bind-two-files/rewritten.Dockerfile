FROM trap
# The parts.
# One of two.
RUN --mount=type=bind,source=one,target=/srv/one \
    --mount=type=bind,source=two,target=/srv/two \
    cat /srv/one /srv/two > /opt/both \
 && rm -f /opt/old
