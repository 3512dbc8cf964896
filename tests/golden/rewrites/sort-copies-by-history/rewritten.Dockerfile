FROM trap
COPY vendor/ /srv/app/vendor/
COPY config/ /srv/app/config/
COPY src/ /srv/app/src/
CMD ["/srv/app/src/main"]
