FROM debian-node
WORKDIR /srv/app
COPY --link package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm,id=demo-root-npm npm ci --no-audit --no-fund
COPY --link .npmrc .
COPY --link main.js .
