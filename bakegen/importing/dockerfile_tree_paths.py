"""Which files of a tree are Dockerfiles that somebody builds, and what their paths say of names and versions."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.importing.dockerfile_tree_words import GROUPS, NOT_DOCKERFILES, PLACES, PURPOSES, TEMPLATES
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMED = re.compile(
    r"(?:[Dd]ockerfile|DOCKERFILE|[Cc]ontainerfile)(?:[._-](?P<suffix>[\w+-][\w.+-]*))?"
    r"|(?P<stem>[\w+-][\w.+-]*)[._-](?:[Dd]ockerfile|[Cc]ontainerfile)"
)
_VENDORED = {
    "node_modules": "packages that npm has installed",
    "bower_components": "packages that bower has installed",
    "vendor": "code of others",
    "third_party": "code of others",
    "testdata": "input of tests",
    "testfiles": "input of tests",
    "testfiles-negative": "input of tests",
    "__fixtures__": "input of tests",
    "site-packages": "packages that pip has installed",
}


def not_ours(folder: str) -> str:
    """What a folder has in it that is of others, "" where it is the project's own."""
    return next((_VENDORED[part] for part in folder.split("/") if part in _VENDORED), "")


_VARIANTS = (
    r"alma(?:linux)?|alpine|amazonlinux|arch(?:linux)?|bionic|bookworm|bullseye|buster|centos|cpu|cuda|debian|distroless"
    r"|fedora|focal|full|gpu|jammy|jessie|ltsc|minimal|musl|nanoserver|noble|opensuse|oracular|plucky|resolute"
    r"|rocky(?:linux)?|rocm|sid|slim|stretch|trixie|trusty|ubi|ubuntu|wheezy|(?:windows)?servercore|xenial"
)
_CHANNEL = r"beta|canary|edge|latest|lts|mainline|nightly|rc|stable|tip|weekly"
_NUMBER = r"v?\d+(?:[._]\d+)*(?:[._-]?(?:alpha|beta|dev|ea|m|pre|rc|snapshot)[._-]?\d*)?(?:\.x)?"
_VERSION = re.compile(rf"{_NUMBER}|{_CHANNEL}", re.IGNORECASE)
_WORD_VERSION = re.compile(rf"([A-Za-z][A-Za-z_]*?)[-_]?({_NUMBER})", re.IGNORECASE)
_VARIANT = re.compile(
    rf"(?:{_VARIANTS})[-_.]?(?:{_NUMBER})?(?:[-_.](?:{_VARIANTS})[-_.]?(?:{_NUMBER})?)*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Dockerfile by its path.

    Attributes:
        path: from the project's folder.
        folder: its folder, "" for the top.
        suffix: what the file's name says beside ``Dockerfile``, "" for nothing.
    """

    path: str
    folder: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """Which files are Dockerfiles.

    Attributes:
        candidates: in the order of their paths.
        templates: files that a Dockerfile is made of by another program.
        vendored: Dockerfiles in folders of others, with what is in these folders.
    """

    candidates: tuple[Candidate, ...]
    templates: tuple[str, ...]
    vendored: tuple[tuple[str, str], ...]


def is_dockerfile(path: str) -> bool:
    """Whether a file's name is that of a Dockerfile, a template of one, or an ignore file."""
    found = _NAMED.fullmatch(posixpath.basename(path))
    return path.endswith(".dockerignore") or (found is not None and not _ending(found) & NOT_DOCKERFILES)


def sort_out(paths: Iterable[str]) -> Sorted:
    """The Dockerfiles among the files of a tree, by their names alone."""
    candidates: list[Candidate] = []
    templates: list[str] = []
    vendored: list[tuple[str, str]] = []
    for path in sorted(paths):
        folder, name = posixpath.split(path)
        found = _NAMED.fullmatch(name)
        if found is None or _ending(found) & NOT_DOCKERFILES:
            continue
        why = not_ours(folder)
        if why:
            vendored.append((path, why))
        elif _ending(found) & TEMPLATES:
            templates.append(path)
        else:
            candidates.append(Candidate(path, folder, found["suffix"] or found["stem"] or ""))
    return Sorted(tuple(candidates), tuple(templates), tuple(vendored))


def _ending(found: re.Match[str]) -> frozenset[str]:
    """The last part of a suffix: what kind of file it is."""
    return frozenset(((found["suffix"] or "").lower().rpartition(".")[2],))


def version_of(part: str) -> tuple[str, str, str] | None:
    """What of a part of a path is a version: the axis, the word before it, the value; None for no version.

    ``3.12`` is a version, ``python3.12`` one of python, ``alpine3.20`` and ``slim-bookworm`` are variants.
    """
    if _VARIANT.fullmatch(part):
        return "variant", "", part
    if _VERSION.fullmatch(part):
        return "version", "", part
    found = _WORD_VERSION.fullmatch(part)
    return ("version", found[1], found[2]) if found is not None else None


def meaning(candidate: Candidate) -> tuple[str, ...]:
    """The parts of a path that say what the image is, the most general first; () where none does.

    An empty first part stands for the name of the whole project.
    """
    folders = [part for part in candidate.folder.split("/") if part and part.lower() not in PLACES]
    found = [part for part in folders[:-1] if part.lower() not in GROUPS] + folders[-1:]
    suffix = candidate.suffix
    # ``api/Dockerfile.api`` says one thing twice.
    if suffix and not (found and suffix.lower() == found[-1].lower()):
        # ``Dockerfile.dev`` at the top says only what for, not of what.
        found += [suffix] if found or suffix.lower() not in PURPOSES else ["", suffix]
    return tuple(found)


def stem(parts: Sequence[str]) -> int:
    """Where the part stands that names the image: the last one that is no version; 0 where all are."""
    return next((at for at in range(len(parts) - 1, -1, -1) if version_of(parts[at]) is None), 0)
