FROM python:1.2.3-slim AS dependencies
RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt /tmp/requirements/
RUN --mount=type=cache,id=app-1-2-3-pip,target=/root/.cache/pip \
    pip install -r /tmp/requirements/requirements.txt
FROM python:1.2.3-slim
COPY --from=dependencies /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY app app
CMD ["python", "-m", "app"]
