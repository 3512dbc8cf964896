"""The command line: every command registered, every error caught once."""

from __future__ import annotations


def run(argv: list[str]) -> int:
    """Runs one command and returns its exit code."""
    raise NotImplementedError(argv)
