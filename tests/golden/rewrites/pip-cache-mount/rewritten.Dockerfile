FROM debian-python
COPY requirements.txt /tmp/requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip,id=demo-root-cache-pip pip install --break-system-packages -r /tmp/requirements.txt
