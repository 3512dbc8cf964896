"""What the application answers."""

import flask

pages = flask.Blueprint("pages", __name__)


@pages.get("/")
def index() -> str:
    """The front page."""
    return "Hello"
