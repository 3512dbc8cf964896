FROM debian-apt
WORKDIR /app
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y --no-install-recommends beta
COPY . .
RUN cat /app/main > /app/copy
