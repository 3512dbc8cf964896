FROM debian-apt
WORKDIR /srv/app
RUN apt-get update && apt-get install -y --no-install-recommends alpha && rm -rf /var/lib/apt/lists/*
COPY . .
CMD ["cat", "/srv/app/main"]
