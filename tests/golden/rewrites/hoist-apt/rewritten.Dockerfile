FROM debian-apt
# Only this.
RUN apt-get update && apt-get install -y --no-install-recommends alpha
COPY . /app
CMD ["cat", "/app/main"]
