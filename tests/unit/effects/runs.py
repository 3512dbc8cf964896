"""The effect of a RUN for tests: a Dockerfile of one stage in, what `run_effect` says of its last step out."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.dockerfile import read
from bakegen.effects.run import run_effect
from bakegen.effects.surroundings import Copied, Surroundings
from bakegen.facts.model import Kind, PlatformFacts
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.effects.model import Effect

BASE = PlatformFacts("sha256:0", users={"root": 0}, groups={"root": 0}, homes={"root": "/root"})
"""A base image of which nothing but its user is known."""
LISTED = replace(BASE, listings=dict.fromkeys(("/", "/srv", "/opt", "/etc", "/w", "/a", "/b"), ()))
"""A base image whose directories are known."""


class Files:
    """A build context that is the root of the image: absolute path -> text."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {path.strip("/"): text for path, text in files.items()}

    def kind(self, path: str) -> Kind | None:
        path = path.strip("/")
        if path in self._files:
            return Kind.FILE
        return Kind.DIRECTORY if path in ("", ".") or self._below(path) else None

    def mode(self, path: str) -> int | None:
        kind = self.kind(path)
        return None if kind is None else 0o644 if kind is Kind.FILE else 0o755

    def read(self, path: str) -> Source | None:
        text = self._files.get(path.strip("/"))
        return None if text is None else Source(path, text)

    def children(self, path: str) -> Sequence[str] | None:
        if self.kind(path) is not Kind.DIRECTORY:
            return None
        start = path.strip("/") + "/" if path.strip("/.") else ""
        return sorted({one[len(start) :].split("/")[0] for one in self._files if one.startswith(start)})

    def matches(self, pattern: str) -> Sequence[str]:
        return [pattern.strip("/")] if self.kind(pattern) is not None else []

    def _below(self, path: str) -> bool:
        return any(one.startswith(path + "/") for one in self._files)


def _folders(files: Mapping[str, str], directory: str) -> list[str]:
    """What is copied whole: the directories of the files, and the working directory."""
    return sorted({posixpath.dirname(path) for path in files} | ({directory} if files else set()))


def effect_of(
    line: str,
    *,
    directory: str = "/",
    user: str = "",
    variables: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    shell: Sequence[str] = (),
    base: PlatformFacts | None = BASE,
    unsure: Sequence[str] = (),
    before: str = "",
) -> Effect:
    """The effect of ``RUN line`` (heredocs among it), with what comes before it said in words."""
    text = "FROM base\n" + before
    if shell:
        text += "SHELL [" + ", ".join(f'"{word}"' for word in shell) + "]\n"
    for name, value in (variables or {}).items():
        text += f"ENV {name}='{value}'\n"
    source = Source("Dockerfile", f"{text}RUN {line}\n")
    step = read(source).resolve().stages[-1].steps[-1]
    around = Surroundings(
        step.environment,
        directory=directory,
        user=user,
        shell=step.shell,
        base=base,
        complete=base is not None,
        links=links or {},
        links_known=base is not None,
        copied=tuple(Copied(one, one.strip("/")) for one in _folders(files or {}, directory) if one != "/"),
        context=Files(files or {}),
        unsure=frozenset(unsure) | ({"PATH"} if base is None else set()),
    )
    return run_effect(step, around)
