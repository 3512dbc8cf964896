FROM trap
COPY --link ["a file", "/srv/a place/"]
CMD ["cat", "/srv/a place/a file"]
