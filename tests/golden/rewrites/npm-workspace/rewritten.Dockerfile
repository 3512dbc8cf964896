FROM debian-node
WORKDIR /srv/app
COPY package.json package-lock.json ./
COPY packages/part/package.json packages/part/
RUN npm ci --no-audit --no-fund
COPY . .
