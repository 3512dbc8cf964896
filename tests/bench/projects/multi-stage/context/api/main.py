"""The interface."""

import flask

app = flask.Flask(__name__)


@app.get("/")
def index() -> str:
    """Says hello."""
    return "Hello"
