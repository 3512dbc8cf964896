FROM debian-python
WORKDIR /srv/app
COPY --link requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip,id=demo-root-cache-pip pip install --break-system-packages -r requirements.txt
ARG GIT_SHA=unknown
LABEL org.opencontainers.image.revision=$GIT_SHA
COPY --link . .
ENV GIT_SHA=$GIT_SHA
CMD ["python3", "main.py"]
