# Rendered by bakegen from web-node/Dockerfile: change that file, then run `bakegen render`.
#
# A Node web application: lock file first, code last, development dependencies never in the image.

FROM base-npm AS manifests
WORKDIR /srv/guestbook
# The files that decide what is installed, and nothing else: a change in the code does not reach this stage.
COPY .npmrc package.json package-lock.json ./

FROM manifests AS dependencies
# `npm ci` installs exactly what the lock file says. The cache mount keeps the downloaded archives on this builder.
RUN --mount=type=cache,id=web-node-npm,target=/root/.npm \
    npm ci --omit=dev

# Beside the stage above, not after it: both are installed at the same time.
FROM manifests AS test
RUN --mount=type=cache,id=web-node-npm,target=/root/.npm \
    npm ci
COPY --from=shared style.css static/style.css
COPY lib lib
COPY test test
# A stage that nothing needs is never built: this empty file, copied below, is why the image needs its tests to pass.
RUN node --test test/ && touch /tests-passed

FROM base-node AS app
ENV NODE_ENV=production
WORKDIR /srv/guestbook
# From what changes least to what changes most.
COPY --from=dependencies /srv/guestbook/node_modules node_modules
COPY --from=shared style.css static/style.css
COPY package.json server.js ./
COPY lib lib
COPY --from=test /tests-passed /tests-passed
USER 65534:65534
EXPOSE 3000
CMD ["node", "server.js"]
