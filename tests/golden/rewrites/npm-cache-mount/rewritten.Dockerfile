FROM debian-node
WORKDIR /srv/app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm,id=demo-root-npm npm ci --no-audit --no-fund
