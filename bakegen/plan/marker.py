"""The words by which bakegen knows again what it has rendered."""

from __future__ import annotations

MARKER = "Rendered by bakegen"
"""Stands in every file that is written, so that stale ones are known as ours."""
