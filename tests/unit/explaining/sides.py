"""Two sides of a change as dictionaries of files, for tests of what runs again."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from bakegen.explaining.chains import Chains, unpinned
from bakegen.explaining.compare import compare
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.explaining.compare import JudgedTarget
    from bakegen.explaining.model import Files, Side
    from bakegen.plan.keys import SourcePattern
    from bakegen.text import Location, Source


class MemoryReads:
    """Files by path; a text that begins with ``#!`` is executable."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.texts = files

    def files(self, folder: str, ignore: Source | None, pattern: SourcePattern, place: Location | None) -> Files:
        wanted = posixpath.normpath("/" + pattern.path)[1:]
        inside = {path.removeprefix(f"{folder}/"): text for path, text in self.texts.items() if f"{folder}/" in path}
        return {
            path: f"{'100755' if text.startswith('#!') else '100644'} {text}"
            for path, text in inside.items()
            if not wanted or path == wanted or path.startswith(f"{wanted}/") or fnmatchcase(path, wanted)
        }


def project(dockerfile: str, definition: str = "", **files: str) -> dict[str, str]:
    """A project of one image, `app`; files are of its folder, ``__`` in a name stands for a dot."""
    own = {f"images/app/{name.replace('__', '.')}": text for name, text in files.items()}
    return {"images/app/Dockerfile": dockerfile, "images/app/image.yaml": definition, **own}


def side(files: Mapping[str, str], bare: frozenset[str] = frozenset()) -> Side:
    """The chains of all images of a project."""
    plan = plan_of(files)
    return Chains(plan, MemoryReads(files), lambda target, platform: {}, {}, bare).side(plan.targets)


def judged(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, JudgedTarget]:
    """What becomes of each image."""
    bare = unpinned(plan_of(old)) | unpinned(plan_of(new))
    after = side(new, bare)
    return {one.chain.name: one for one in compare(side(old, bare), after, after.targets)}


def verdicts(old: Mapping[str, str], new: Mapping[str, str], target: str = "app") -> list[str]:
    """Each step of a target: what becomes of it, and the beginning of its instruction."""
    return [f"{one.verdict.name.lower()} {one.step.shown}" for one in judged(old, new)[target].steps]


def why(old: Mapping[str, str], new: Mapping[str, str], target: str = "app") -> list[str]:
    """The causes of all steps of a target, in words."""
    return [cause.text for one in judged(old, new)[target].steps for cause in one.causes]
