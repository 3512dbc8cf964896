FROM debian-node
WORKDIR /srv/app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
