"""Answers with reports."""

import os

import fastapi

app = fastapi.FastAPI()


@app.get("/")
def index() -> dict[str, str]:
    """What this is."""
    return {"title": "Hello", "revision": os.environ.get("GIT_SHA", "unknown")}
