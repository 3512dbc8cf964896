"""Which builds of a tree's Dockerfiles are written down in its CI, Makefiles, scripts and documentation."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.importing.dockerfile_tree_commands import OWN, ROOT, UNKNOWN, commands
from bakegen.importing.dockerfile_tree_paths import not_ours
from bakegen.importing.sources import Kind, reader
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from bakegen.importing.dockerfile_tree_commands import Command
    from bakegen.importing.sources import Files

_CI = re.compile(
    r"\.github/(?:workflows|actions)/.*\.ya?ml|(?:.*/)?\.gitlab-ci[^/]*\.ya?ml|\.gitlab/.*\.ya?ml|\.circleci/.*\.ya?ml"
    r"|\.(?:travis|drone|appveyor|cirrus)\.ya?ml|azure-pipelines[^/]*\.ya?ml|bitbucket-pipelines\.ya?ml"
    r"|\.buildkite/.*|(?:.*/)?[Jj]enkinsfile[^/]*|(?:.*/)?cloudbuild[^/]*\.ya?ml|\.woodpecker(?:/.*)?\.ya?ml|\.semaphore/.*"
)
_MAKE = re.compile(r"(?:.*/)?(?:GNUm|[mM])akefile(?:\.[\w-]+)?|.*\.(?:mk|mak)")
_SCRIPT = re.compile(
    r".*\.(?:sh|bash|zsh)|(?:.*/)?hooks/(?:pre_|post_)?build|(?:.*/)?[Jj]ustfile|(?:.*/)?Taskfile\.ya?ml"
    r"|(?:.*/)?package\.json|(?:.*/)?(?:bin|scripts?|hack|ci)/[\w-]+"
)
_TEXT = re.compile(r".*\.(?:md|rst|adoc)|(?:.*/)?README[^/]*", re.IGNORECASE)
_KINDS = (("CI", _CI), ("Makefile", _MAKE), ("script", _SCRIPT), ("documentation", _TEXT))
DOCUMENTATION = 3
"""The rank of what is only an example."""
_LONGEST = 2_000_000
_GIVEN = re.compile(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)|BUILDKIT_\w+|(?i:(?:https?|ftp|no|all)_proxy)")
"""Build arguments that come from BuildKit or the machine: no part of a definition."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A build of a Dockerfile that is written somewhere.

    Attributes:
        dockerfile: its path.
        context: the folder, from the top; None where it cannot be told.
        place: the command's ``file:line``.
        rank: 0 for CI, 1 for Makefiles, 2 for scripts, 3 for documentation.
        target: the stage, "" for the last one.
        tags: as far as they are known; `UNKNOWN` stands for the rest.
        args: build arguments; None for a value that is not known.
        platforms: as they are written.
    """

    dockerfile: str
    context: str | None
    place: str
    rank: int
    target: str = ""
    tags: tuple[str, ...] = ()
    args: tuple[tuple[str, str | None], ...] = ()
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was seen.

    Attributes:
        builds: of Dockerfiles of the tree, the most believable first.
        spaces: what tags of images begin with that the tree builds (``ghcr.io/us/``), with the place of one.
    """

    builds: tuple[Evidence, ...]
    spaces: Mapping[str, str]


def look(files: Files, dockerfiles: Collection[str]) -> Seen:
    """What is written of builds of the Dockerfiles with these paths."""
    folders = {""}
    for path in files.paths:
        folder = posixpath.dirname(path)
        while folder and folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    builds: list[Evidence] = []
    spaces: dict[str, str] = {}
    for path, rank, text in _texts(files):
        folder = posixpath.dirname(path)
        for command in commands(text, _syntax(path, rank)):
            place = f"{path}:{command.line}"
            for tag in command.options.get("--tag", ()):
                space = tag.partition(UNKNOWN)[0].rpartition("/")[0]
                if space:
                    spaces.setdefault(f"{space}/", place)
            found = _resolved(command, "" if rank == 0 else folder, folder, dockerfiles, folders)
            if found is not None:
                builds.append(_evidence(command, found, place, rank))
    builds += _of_others(files, dockerfiles)
    builds.sort(key=lambda one: (one.rank, one.context is None))
    return Seen(tuple(builds), spaces)


def _of_others(files: Files, dockerfiles: Collection[str]) -> Iterator[Evidence]:
    """What compose files and workflows build: as sure as a command."""
    for kind in (Kind.COMPOSE, Kind.WORKFLOWS):
        for target in reader(kind)(files).targets:
            context, file, stage = (target.attributes.get(name) for name in ("context", "dockerfile", "target"))
            tags = target.attributes.get("tags")
            path = _joined(str(context or "."), str(file or "Dockerfile"), "")
            if path not in dockerfiles or path is None or "dockerfile-inline" in target.attributes:
                continue
            known = tuple(str(tag) for tag in tags) if isinstance(tags, list) else ()
            folder = _joined("", str(context or "."), "")
            yield Evidence(path, folder, target.origin, 0, target=str(stage or ""), tags=known)


def _texts(files: Files) -> Iterator[tuple[str, int, str]]:
    """The files that may have commands: path, rank, text."""
    for path in files.paths:
        rank = next((at for at, (_, pattern) in enumerate(_KINDS) if pattern.fullmatch(path)), None)
        if rank is None or not_ours(posixpath.dirname(path)):
            continue
        content = files.read(path)
        if content is not None and len(content) <= _LONGEST and re.search(rb"\bbu(?:il)?d\b", content):
            text = content.decode("utf-8", "replace")
            yield path, rank, text.replace('\\"', '"') if path.endswith(".json") else text


def _syntax(path: str, rank: int) -> str:
    if rank == 1:
        return "make"
    if path.endswith((".yml", ".yaml")):
        return "yaml"
    return "shell" if rank < DOCUMENTATION else "text"


def _resolved(
    command: Command, base: str, own: str, dockerfiles: Collection[str], folders: Collection[str]
) -> tuple[str, str | None] | None:
    """Dockerfile and context that a command means; None where it means none of the tree's."""
    # A word of which nothing is known may be options.
    words = [word for word in command.contexts if word.strip(UNKNOWN)] or command.contexts
    if len(words) != 1:
        return None
    context, file = words[0], command.last("--file")
    if context == "-" or "://" in context or file == "-":
        return None
    for at in _bases(command, base, own):
        folder = _joined(at, context, own)
        if folder is not None and folder not in folders:
            continue
        if file is not None:
            path = _joined(at, file, own)
        else:
            path = None if folder is None else posixpath.join(folder, "Dockerfile")
            if path not in dockerfiles and path is not None:
                path = posixpath.join(folder or "", "Containerfile")
        if path in dockerfiles and path is not None:
            return path, folder
    return None


def _bases(command: Command, base: str, own: str) -> Iterator[str]:
    """Folders that the command may run in, the most likely first."""
    starts = dict.fromkeys((base, own, ""))
    if command.folders:
        for start in starts:
            for first in (0, len(command.folders) - 1):
                at: str | None = start
                for folder in command.folders[first:]:
                    at = None if at is None else _joined(at, folder, own)
                if at is not None:
                    yield at
    yield from starts


def _joined(base: str, path: str, own: str) -> str | None:
    """A path from the top; None where it is not known, or leads out."""
    if UNKNOWN in path:
        return None
    for mark, start in ((ROOT, ""), (OWN, own)):
        if mark in path:
            base, path = start, path.rpartition(mark)[2]
    if path.startswith("/"):
        return None
    found = posixpath.normpath(posixpath.join(base, path or "."))
    if found == ".." or found.startswith("../"):
        return None
    return "" if found == "." else found


def _evidence(command: Command, found: tuple[str, str | None], place: str, rank: int) -> Evidence:
    args: dict[str, str | None] = {}
    for given in command.options.get("--build-arg", ()):
        name, equals, value = given.partition("=")
        if re.fullmatch(r"\w+", name) and not _GIVEN.fullmatch(name):
            args[name] = value if equals and UNKNOWN not in value else None
    platform = command.last("--platform") or ""
    return Evidence(
        *found,
        place,
        rank,
        target=target if UNKNOWN not in (target := command.last("--target") or "") else "",
        tags=tuple(tag for tag in command.options.get("--tag", ()) if tag.strip(UNKNOWN + ":/")),
        args=tuple(args.items()),
        platforms=tuple(platform.split(",")) if platform and UNKNOWN not in platform else (),
    )
