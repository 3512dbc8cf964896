FROM node:1.2.3-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json ./
FROM manifests AS dependencies
RUN --mount=type=cache,id=app-1-2-3-npm,target=/root/.npm \
    npm ci --omit=dev
FROM manifests AS test
RUN --mount=type=cache,id=app-1-2-3-npm,target=/root/.npm \
    npm ci
COPY . .
RUN npm test
FROM node:1.2.3-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY . .
CMD ["node", "server.js"]
