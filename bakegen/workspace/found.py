"""Definitions for a repository that has none: each Dockerfile in it is an image, its folder the context."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.definition.loader import PROJECT_FILE
from bakegen.workspace.objects import TREE

if TYPE_CHECKING:
    from bakegen.errors import InputError
    from bakegen.workspace.objects import Objects

FOLDER = ".bakegen-replay"
"""Where the definitions seem to lie; nothing is written."""
_NAME = re.compile(r"(?:Dockerfile|Containerfile)(?:\.(?!dockerignore$|j2$)[\w-]+)?|[\w.-]+\.Dockerfile", re.IGNORECASE)


@dataclass
class Found:
    """The Dockerfiles of a repository.

    Attributes:
        objects: its objects.
        only: paths of those that are meant; without it all that are called so.
        context: the folder that is the context of all of them; without it the folder of each.
    """

    objects: Objects
    only: tuple[str, ...] = ()
    context: str = ""
    _below: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _broken: dict[tuple[str, str], str] = field(default_factory=dict)

    def definitions(self, tree: str) -> dict[str, str]:
        """Path -> text of definitions for the Dockerfiles in a tree."""
        made: dict[str, str] = {}
        names: list[str] = []
        for path in self.paths(tree):
            name = _name(path)
            while name in names:
                name += "-2"
            names.append(name)
            where = f"{FOLDER}/{name}"
            context = self.context or posixpath.dirname(path) or "."
            fields = {"context": posixpath.relpath(context, where), "dockerfile": posixpath.relpath(path, where)}
            made[f"{where}/image.yaml"] = json.dumps(fields)
        made[PROJECT_FILE] = json.dumps({"images": [f"{FOLDER}/{name}" for name in names]})
        return made

    def paths(self, tree: str) -> list[str]:
        """The Dockerfiles in a tree that can be read, sorted."""
        return [path for path, oid in self._all(tree) if (path, oid) not in self._broken]

    def left_out(self, tree: str) -> dict[str, str]:
        """The other Dockerfiles in a tree, and what is wrong with them."""
        return {one[0]: self._broken[one] for one in self._all(tree) if one in self._broken}

    def _all(self, tree: str) -> list[tuple[str, str]]:
        listed = self._listed(tree) if not self.only else self.only
        found = ((path, self.objects.find(tree, path)[1]) for path in sorted(listed))
        return [(path, entry.oid) for path, entry in found if entry is not None]

    def leave_out(self, tree: str, problem: InputError, why: str) -> bool:
        """Leaves out from now on the Dockerfiles that a problem is of; out: whether there are any."""
        told = {one.location.source.path for one in problem.diagnostics if one.location is not None}
        before = len(self._broken)
        for path, oid in self._all(tree):
            if path in told or any(f"/{_name(path)}/" in one for one in told):
                self._broken.setdefault((path, oid), why)
        return len(self._broken) > before

    def _listed(self, tree: str) -> tuple[str, ...]:
        """The Dockerfiles below a tree, relative to it."""
        if tree not in self._below:
            found: list[str] = []
            for name, entry in self.objects.tree(tree).items():
                if entry.mode == TREE:
                    found += (f"{name}/{path}" for path in self._listed(entry.oid))
                elif entry.mode.startswith("100") and _NAME.fullmatch(name):
                    found.append(name)
            self._below[tree] = tuple(found)
        return self._below[tree]


def _name(path: str) -> str:
    folder, file = posixpath.split(path)
    extra = re.sub(r"(?i)\.?(dockerfile|containerfile)\.?", "", file)
    text = "-".join(part for part in (*folder.split("/"), extra) if part).lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-") or "app"
