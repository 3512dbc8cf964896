"""The service for accounts."""

import flask

from shared import greeting

app = flask.Flask(__name__)


@app.get("/")
def index() -> str:
    """Says hello."""
    return greeting.of("Hello from accounts")
