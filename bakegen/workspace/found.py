"""Definitions for a repository that has none: each Dockerfile in it is an image, its folder the context."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.definition.loader import PROJECT_FILE
from bakegen.facts.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.workspace.commit_files import CommitFiles

FOLDER = ".bakegen-replay"
"""Where the definitions seem to lie; nothing is written."""
_NAME = re.compile(r"(?:Dockerfile|Containerfile)(?:\.(?!dockerignore$)[\w-]+)?|[\w.-]+\.Dockerfile", re.IGNORECASE)


def found_definitions(files: CommitFiles, dockerfiles: tuple[str, ...] = (), context: str = "") -> dict[str, str]:
    """Path -> text of definitions for the Dockerfiles of the commit that is shown.

    Args:
        files: its files.
        dockerfiles: those that are meant, all without it.
        context: the context of all of them; without it the folder of each.
    """
    names: dict[str, str] = {}
    made: dict[str, str] = {}
    for path in sorted(_dockerfiles(files, "") if not dockerfiles else filter(files.exists, dockerfiles)):
        name = _name(path)
        while name in names:
            name += "-2"
        names[name] = path
        folder = posixpath.dirname(path)
        where = context or folder or "."
        start = posixpath.relpath(where, f"{FOLDER}/{name}")
        fields = {"context": start, "dockerfile": posixpath.relpath(path, where), "default": True}
        made[f"{FOLDER}/{name}/image.yaml"] = json.dumps(fields)
    made[PROJECT_FILE] = json.dumps({"images": [f"{FOLDER}/{name}" for name in names]})
    return made


def _dockerfiles(files: CommitFiles, folder: str) -> Iterator[str]:
    for name, kind in files.scan(folder).items():
        path = f"{folder}/{name}" if folder else name
        if kind is Kind.DIRECTORY:
            yield from _dockerfiles(files, path)
        elif kind is Kind.FILE and _NAME.fullmatch(name):
            yield path


def _name(path: str) -> str:
    folder, file = posixpath.split(path)
    extra = re.sub(r"(?i)\.?(dockerfile|containerfile)\.?", "", file)
    text = "-".join(part for part in (*folder.split("/"), extra) if part).lower() or "app"
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-") or "app"
