"""Dockerfiles, lossless and understood: text to tree (`parse`), tree to model (`read`), model to values (`resolve`).

Reads text only, no files; BuildKit's own rules throughout. Ignore files are read by `bakegen.dockerfile.ignore`.
"""

from __future__ import annotations

from bakegen.dockerfile.expand import ExpandError, expand, variables_of
from bakegen.dockerfile.instructions import Add, Arg, Copy, Env, From, Run
from bakegen.dockerfile.model import Dockerfile, Stage, read
from bakegen.dockerfile.normal import stage_text
from bakegen.dockerfile.parser import parse
from bakegen.dockerfile.resolve import BaseImage, Resolved
from bakegen.dockerfile.syntax import SyntaxTree

__all__ = [
    "Add",
    "Arg",
    "BaseImage",
    "Copy",
    "Dockerfile",
    "Env",
    "ExpandError",
    "From",
    "Resolved",
    "Run",
    "Stage",
    "SyntaxTree",
    "expand",
    "parse",
    "read",
    "stage_text",
    "variables_of",
]
