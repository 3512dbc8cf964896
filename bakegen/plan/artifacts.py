"""Artifacts: sets of files from a stage that are pushed beside their image, under content keys of their own: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.definition.readers import as_integer
from bakegen.diagnostics import error
from bakegen.dockerfile.patterns import PatternError, check, clean, compile_ignore, has_wildcards
from bakegen.errors import InputError
from bakegen.plan.content import content_keys
from bakegen.plan.keys import digest
from bakegen.plan.refs import key_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.matrix.model import Variant
    from bakegen.plan.content import Digests
    from bakegen.plan.model import Plan, Target

KEY_VERSION = "bakegen artifact key 2"
"""Stands inside the hash, and changes with how artifacts are packed."""

LEVEL = 3
_HIGHEST_LEVEL = 19
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", re.ASCII)

_PLAIN_PART = re.compile(r"[\w@%+=:,. -]+")


@dataclass(frozen=True)
class Artifact:
    """One artifact of a target.

    Attributes:
        name: its name, which is unique for the target.
        owner: the target.
        source: the target that its files are from: the owner, or a stage of it.
        paths, exclude: patterns of a .dockerignore, from the root.
        level: of zstd.
        times: whether files and folders keep the times at which they were changed.
    """

    name: str
    owner: str
    source: Target
    paths: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    level: int = LEVEL
    times: bool = False

    @property
    def title(self) -> str:
        """What people call it: ``app/headers``."""
        return f"{self.owner}/{self.name}"

    @property
    def roots(self) -> tuple[str, ...]:
        """The files and folders that hold all of it, none inside of another; "" is everything."""
        found = sorted({_fixed(path) for path in self.paths})
        return tuple(one for one in found if not any(one != up and _is_below(one, up) for up in found))

    @cached_property
    def _taken(self) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
        return _with_what_is_below(_compiled(self.paths)), _with_what_is_below(_compiled(self.exclude))

    def takes(self, path: str) -> bool:
        """Whether the file or folder at `path`, relative to the root, belongs to it: by itself or with a folder."""
        wanted, unwanted = self._taken
        return wanted(path) and not unwanted(path)

    def key(self, source_key: str) -> str:
        """Its content key, from that of its source."""
        return digest((KEY_VERSION, source_key, self.paths, self.exclude, self.level, self.times))[:40]


def artifact_references(plan: Plan, artifacts: Iterable[Artifact], digests: Digests) -> dict[str, tuple[str, str]]:
    """The key of each artifact and the reference that it is found under, by title.

    One without a key or a repository is not among them.

    Raises:
        InputError: as `content_keys`.
    """
    known = tuple(artifacts)
    sources = {one.source.name: one.source for one in known}
    keys = content_keys(replace(plan, targets={**sources, **plan.targets}), digests, list(sources))
    found: dict[str, tuple[str, str]] = {}
    for one in known:
        source = keys[one.source.name].key
        if source is not None and one.source.repository is not None:
            key = one.key(source)
            found[one.title] = (key, key_reference(one.source.repository, key))
    return found


def read_artifacts(target: Target, stage: Callable[[str], Target]) -> tuple[Artifact, ...]:
    """The artifacts that the definition of `target` asks for; `stage` makes the target of a stage of it.

    Raises:
        InputError: one of them cannot be.
    """
    variant = target.variant
    entries = variant.value("artifacts")
    if not isinstance(entries, Mapping) or not entries:
        return ()
    problems: list[Diagnostic] = []
    made: list[Artifact] = []
    for name, entry in entries.items():
        assert isinstance(entry, Mapping)
        problems += _problems(variant, name, entry)
        if problems:
            continue
        of = str(entry.get("stage") or "")
        try:
            source = stage(of) if of else target
        except InputError as found:
            problems += found.diagnostics
            continue
        level = as_integer(str(entry.get("level", LEVEL))) or LEVEL
        paths, exclude = _texts(entry, "paths"), _texts(entry, "exclude")
        made.append(Artifact(name, target.name, source, paths, exclude, level, entry.get("times") == "keep"))
    if problems:
        raise InputError(problems)
    return tuple(made)


def _problems(variant: Variant, name: str, entry: Mapping[str, object]) -> list[Diagnostic]:
    place = variant.place(f"artifacts.{name}")
    found: list[Diagnostic] = []
    if not _NAME.fullmatch(name):
        said = f"{name!r} cannot be the name of an artifact"
        found.append(error("artifact-name", said, place, help="use a-z, 0-9, and `.`, `_`, `-` between them"))
    if not _texts(entry, "paths"):
        found.append(error("artifact-paths", f"the artifact {name!r} has no paths", place))
    for field in ("paths", "exclude"):
        for number, pattern in enumerate(_texts(entry, field)):
            at = variant.place(f"artifacts.{name}.{field}[{number}]")
            try:
                check(clean(pattern).lstrip("/"))
            except PatternError as problem:
                found.append(error("artifact-pattern", f"{pattern!r} is no pattern: {problem}", at))
                continue
            if not pattern or pattern.startswith("!") or ".." in pattern.split("/"):
                said = f"{pattern!r} names nothing below the root of a stage"
                found.append(error("artifact-pattern", said, at, help="`exclude` says what to leave out"))
    level = as_integer(str(entry.get("level", LEVEL)))
    if level is None or not 1 <= level <= _HIGHEST_LEVEL:
        at = variant.place(f"artifacts.{name}.level")
        found.append(error("artifact-level", f"the level of {name!r} is not one of 1 to {_HIGHEST_LEVEL}", at))
    return found


def _texts(entry: Mapping[str, object], field: str) -> tuple[str, ...]:
    value = entry.get(field)
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _compiled(patterns: Sequence[str]) -> tuple[Callable[[str], object], ...]:
    return tuple(_everything if _plain(one) == "." else compile_ignore(_plain(one)).matches for one in patterns)


def _everything(path: str) -> bool:
    return True


def _plain(pattern: str) -> str:
    return clean(pattern.lstrip("/") or ".")


def _fixed(pattern: str) -> str:
    """The path that everything that `pattern` can mean is, or lies below."""
    plain = _plain(pattern)
    parts: list[str] = []
    for part in plain.split("/"):
        # What a Dockerfile would read as something else is left to the pattern, too.
        if part == "." or has_wildcards(part) or not _PLAIN_PART.fullmatch(part):
            break
        parts.append(part)
    return "/".join(parts)


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _with_what_is_below(matchers: Sequence[Callable[[str], object]]) -> Callable[[str], bool]:
    """Whether a path or a folder that it is in matches; folders are looked at once."""
    folders: dict[str, bool] = {"": False}

    def found(path: str) -> bool:
        return below(path.rpartition("/")[0]) or any(match(path) for match in matchers)

    def below(folder: str) -> bool:
        if folder not in folders:
            folders[folder] = found(folder)
        return folders[folder]

    return found
