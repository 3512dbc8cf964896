FROM python:3.13-slim
ARG GIT_SHA=unknown
ENV GIT_SHA=$GIT_SHA
WORKDIR /srv
COPY . .
RUN pip install -r billing/requirements.txt
CMD ["gunicorn", "billing.main:app"]
