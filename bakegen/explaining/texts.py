"""Instructions as texts that can be compared, whoever wrote them down."""

from __future__ import annotations

import re

from bakegen.dockerfile.references import context_name

_FLAGS = re.compile(r"^(\w+)((?: --\S+)+)")
_QUOTES = re.compile(r'["\',\[\]]')


def on_one_line(text: str, escape: str) -> str:
    """An instruction as it stands in a Dockerfile, with continuations joined and comments left out."""
    lines = [line.rstrip().removesuffix(escape) for line in text.splitlines() if not line.lstrip().startswith("#")]
    return " ".join(" ".join(lines).split())


def without_digest(reference: str) -> str:
    """The reference of an image by its tag alone, in the form that people use."""
    return context_name(reference.partition("@")[0])


def plain(text: str) -> str:
    """An instruction without its flags, quotes and superfluous white space: for comparing what it does."""
    text = _FLAGS.sub(r"\1", " ".join(text.split()))
    return " ".join(_QUOTES.sub(" ", text).split())
