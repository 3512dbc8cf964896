FROM node:20-slim
ARG GIT_SHA=unknown
ENV GIT_SHA=$GIT_SHA
WORKDIR /srv
COPY . .
RUN cd search && npm ci --omit=dev
CMD ["node", "search/server.js"]
