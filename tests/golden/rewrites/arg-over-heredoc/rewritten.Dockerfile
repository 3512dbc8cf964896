FROM trap
RUN <<EOF
mkdir -p /srv/app
echo 'not $REVISION' > /srv/app/note
chmod 0600 /srv/app/note
EOF
ARG REVISION=none
LABEL revision=$REVISION

