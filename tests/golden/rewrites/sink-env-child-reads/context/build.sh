echo "$APP_VERSION" > /srv/app/version

