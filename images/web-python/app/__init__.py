"""A guest book: pages rendered by Flask, entries in memory."""

import os

from flask import Flask, jsonify, render_template, request


def create_app() -> Flask:
    """The application, with an empty book."""
    app = Flask(__name__)
    entries: list[str] = []

    @app.get("/")
    def index() -> str:
        return render_template("index.html", entries=entries)

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok", version=os.environ.get("APP_VERSION", "unknown"))

    @app.post("/entries")
    def add():
        entry = (request.get_json(silent=True) or {}).get("text", "").strip()
        if not entry:
            return jsonify(error="text is missing"), 400
        entries.append(entry)
        return jsonify(count=len(entries)), 201

    return app
