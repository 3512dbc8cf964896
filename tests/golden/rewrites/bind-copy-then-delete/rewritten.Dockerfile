FROM trap
RUN --mount=type=bind,source=data.txt,target=/srv/data.txt cp /srv/data.txt /opt/data
