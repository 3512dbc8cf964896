# Rendered by bakegen from web-python/Dockerfile: change that file, then run `bakegen render`.
#
# A Python web application: dependencies first, then the code, then what changes with each release.

FROM base-python AS dependencies
RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# Only this one file decides what is installed. pip keeps its downloads in a cache mount, and takes nothing whose digest
# is not in the file.
COPY requirements.txt /tmp/requirements.txt
RUN --mount=type=cache,id=web-python-pip,target=/root/.cache/pip \
    --mount=type=secret,id=pip-index,env=PIP_EXTRA_INDEX_URL \
    pip install --require-hashes -r /tmp/requirements.txt

# What both the tests and the application run in.
FROM base-python AS code
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /srv/guestbook
COPY --link --from=dependencies /opt/venv /opt/venv
# The stylesheet changes less often than the code.
COPY --from=shared style.css app/static/style.css
COPY app app

FROM code AS test
COPY tests tests
RUN python3 -m unittest --verbose tests/test_app.py

FROM code AS app
# Changes with each release, so nothing that takes time may stand below it.
ARG APP_VERSION=unknown
ENV APP_VERSION=$APP_VERSION
USER 65534:65534
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz')"]
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--worker-tmp-dir=/dev/shm", "app:create_app()"]
