echo "built $VERSION" > /srv/version

