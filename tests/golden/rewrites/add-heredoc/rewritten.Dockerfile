FROM trap
ENV NAME=world
COPY <<EOF /srv/greeting
hello $NAME
EOF

