"""Makes the application."""

import os

import flask

from app import views


def create_app() -> flask.Flask:
    """The application with its routes."""
    app = flask.Flask(__name__)
    app.config["REVISION"] = os.environ.get("GIT_SHA", "unknown")
    app.register_blueprint(views.pages)
    return app
