"""The text of bakegen.lock: facts of base images to YAML that people review, and back, strictly.

The workspace makes the facts (`bakegen.workspace.locking`); plan, effects and rewrites read them.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from bakegen.diagnostics import Severity, did_you_mean, error
from bakegen.dockerfile.platforms import ANY_PLATFORM, PlatformError, normalized, parse_platform
from bakegen.dockerfile.references import context_name
from bakegen.documents.nodes import Items, Node, Scalar, Table, describe
from bakegen.errors import InputError
from bakegen.facts.lockwriter import MANY, written_bases
from bakegen.facts.model import BaseFacts, DirectoryFacts, PlatformFacts
from bakegen.facts.scalars import unhidden
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bakegen.diagnostics import Diagnostic
    from bakegen.text import Location, Source

VERSION = 1
_HEADER = (
    "# Base images by digest, and the facts about them that proofs rest on. Written by `bakegen lock`: commit it,\n"
    "# review it, do not edit it; `bakegen lock --update` reads the digests again.\n"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_OWNER = re.compile(r"([0-9]{1,10}):([0-9]{1,10}) ([0-7]{4})")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Lock:
    """What a lock file says.

    Attributes:
        bases: name of a base image as FROM has it after expansion, in the form of `context_name` -> what is known.
        places: where each of them stands in the file, for messages.
    """

    bases: Mapping[str, BaseFacts] = field(default_factory=dict)
    places: Mapping[str, Location] = field(default_factory=dict, compare=False)

    def find(self, name: str, given: str = "") -> BaseFacts | None:
        """The entry of the image that FROM or ``--from`` calls `name`, in any form; None without one.

        `given` is the image that a named context puts in its place. A name that stands for several images in a
        project is locked under each of those instead.
        """
        base = self.bases.get(context_name(name))
        if base is not None and base.reference == (given and context_name(given)):
            return base
        base = self.bases.get(context_name(given)) if given else None
        return base if base is not None and not base.reference else None

    def facts(self, name: str, platform: str | None = None, given: str = "") -> PlatformFacts | None:
        """What is known of a base image for one platform.

        Args:
            name: the image as FROM or ``--from`` names it, after expansion, in any form (``docker.io/library/debian``).
            platform: the platform in any form (``linux/arm64/v8``); None for `ANY_PLATFORM`.
            given: the image that a named context puts in its place, without ``docker-image://``.

        Returns:
            The facts, or None where there are none for this name and platform.
        """
        base = self.find(name, given)
        if base is None:
            return None
        try:
            return base.platforms.get(str(normalized(parse_platform(platform or ANY_PLATFORM))))
        except PlatformError:
            return None


class OtherVersionError(InputError):
    """The file is a lock file of another version; `newer` says of which kind."""

    def __init__(self, found: Diagnostic, *, newer: bool) -> None:
        super().__init__([found])
        self.newer = newer


def write_lock(lock: Lock) -> str:
    """The text of a lock file: equal locks give equal bytes, whatever the order of their mappings."""
    lines = [f"version: {VERSION}"]
    return _HEADER + "\n".join([*lines, *written_bases(lock.bases)]) + "\n"


def read_lock(source: Source) -> Lock:
    """What `source`, the text of a lock file, says.

    Raises:
        OtherVersionError: it is written in another version of the format.
        InputError: with everything that is wrong with it.
    """
    from bakegen.documents.yaml_reader import read_yaml

    problems: list[Diagnostic] = []
    root = read_yaml(source, problems)
    reader = _Reader(problems)
    lock = Lock()
    if root is not None:
        table = reader.table(root)
        _check_version(table, reader)
        lock = _lock(table, reader)
    elif not problems:
        from bakegen.text import Location, Span

        problems.append(error("lock-empty", "the lock file is empty", Location(source, Span(0, 0)), help=_HELP))
    if any(found.severity is Severity.ERROR for found in problems):
        raise InputError(problems)
    return lock


_HELP = "take the committed file back, or delete it and run `bakegen lock`"


def _check_version(table: Table, reader: _Reader) -> None:
    node = table.entries.get("version")
    number = 0 if node is None else reader.number(node)
    if node is None:
        reader.wrong("lock-version", "the lock file has no `version`", table)
    if node is None or reader.problems:
        raise InputError(reader.problems)
    if number != VERSION:
        newer = number > VERSION
        advice = "update bakegen, or delete the file and run `bakegen lock`" if newer else "run `bakegen lock`"
        message = f"this lock file has version {number}, and this bakegen reads version {VERSION}"
        code = "lock-newer" if newer else "lock-version"
        raise OtherVersionError(error(code, message, node.location, help=advice), newer=newer)


def _lock(table: Table, reader: _Reader) -> Lock:
    reader.fields(table, "a lock file", ("version", "bases"))
    bases: dict[str, BaseFacts] = {}
    places: dict[str, Location] = {}
    for name, key, node in reader.entries(table, "bases"):
        bases[name] = _base(reader.table(node), reader)
        places[name] = key.location
    return Lock(bases, places)


def _base(table: Table, reader: _Reader) -> BaseFacts:
    reader.fields(table, "a base image", ("reference", "digest", "platforms"))
    digest = reader.required(table, "digest", reader.digest) or ""
    platforms = {
        name: _platform(reader.table(node), reader, digest) for name, _, node in reader.entries(table, "platforms")
    }
    return BaseFacts(
        digest,
        platforms,
        reader.optional(table, "reference", reader.text) or "",
    )


_PLATFORM_FIELDS = (
    *("digest", "env", "working-dir", "user", "shell", "onbuild", "distribution", "version", "symlinks"),
    *("odd-directories", "listings", "file-links", "files", "users", "groups", "homes"),
)


def _platform(table: Table, reader: _Reader, index_digest: str) -> PlatformFacts:
    reader.fields(table, "a platform", _PLATFORM_FIELDS)
    env: list[tuple[str, str]] = []
    for node in reader.items(table, "env"):
        name, equals, value = reader.text(node).partition("=")
        if not equals:
            reader.wrong("lock-value", "a variable is written NAME=value", node)
        env.append((name, value))
    return PlatformFacts(
        digest=reader.optional(table, "digest", reader.digest) or "",
        index_digest=index_digest,
        env=tuple(env),
        working_dir=reader.optional(table, "working-dir", reader.text) or "",
        user=reader.optional(table, "user", reader.text) or "",
        shell=tuple(reader.text(node) for node in reader.items(table, "shell")),
        onbuild=tuple(reader.text(node) for node in reader.items(table, "onbuild")),
        distribution=reader.optional(table, "distribution", reader.text) or "",
        version=reader.optional(table, "version", reader.text) or "",
        symlinks=_symlinks(table, reader),
        odd_directories=_odd(table, reader),
        listings=_listings(table, reader),
        file_links=_file_links(table, reader),
        files=frozenset(reader.path(node) for node in reader.items(table, "files")),
        users={name: reader.number(node) for name, _, node in reader.entries(table, "users")},
        groups={name: reader.number(node) for name, _, node in reader.entries(table, "groups")},
        homes={name: reader.text(node) for name, _, node in reader.entries(table, "homes")},
    )


def _symlinks(table: Table, reader: _Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder, key, node in reader.entries(table, "symlinks"):
        reader.check_path(folder, key)
        for name, name_key, text in reader.entries_of(node):
            reader.check_name(name, name_key)
            found[posixpath.join(folder, name)] = reader.text(text)
    return found


def _odd(table: Table, reader: _Reader) -> dict[str, DirectoryFacts]:
    found: dict[str, DirectoryFacts] = {}
    for kind, key, node in reader.entries(table, "odd-directories"):
        match = _OWNER.fullmatch(kind)
        if match is None:
            reader.wrong("lock-value", "owner and mode are written `uid:gid mode`, such as `0:0 1777`", key)
            continue
        facts = DirectoryFacts(int(match[1]), int(match[2]), int(match[3], 8))
        found.update((reader.path(one), facts) for one in reader.items_of(node))
    return found


def _listings(table: Table, reader: _Reader) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for folder, key, node in reader.entries(table, "listings"):
        reader.check_path(folder, key)
        names: list[str] = []
        for item in reader.items_of(node):
            text = reader.text(item)
            name = text.removesuffix("/")
            reader.check_name(name, item)
            names.append(name)
            if name != text:
                found[posixpath.join(folder, name)] = ()
        found[folder] = tuple(names)
    return found


def _file_links(table: Table, reader: _Reader) -> dict[str, tuple[str, ...]] | None:
    if "file-links" not in table.entries:
        return None
    found: dict[str, tuple[str, ...]] = {}
    for folder, key, node in reader.entries(table, "file-links"):
        if folder == "*":
            found.update((reader.path(one), MANY) for one in reader.items_of(node))
            continue
        reader.check_path(folder, key)
        found[folder] = tuple(reader.text(one) for one in reader.items_of(node))
    return found


class _Reader:
    """Takes nodes apart; what is not as it should be becomes a problem, and reading goes on."""

    def __init__(self, problems: list[Diagnostic]) -> None:
        self.problems = problems

    def wrong(self, code: str, message: str, node: Node, help: str = _HELP) -> None:
        self.problems.append(error(code, message, node.location, help=help))

    def fields(self, table: Table, what: str, known: tuple[str, ...]) -> None:
        for name, key in table.keys.items():
            if name not in known:
                advice = did_you_mean(name, known) or f"known are {', '.join(known)}"
                self.wrong("lock-field", f"{what} has no field {name!r}", key, advice)

    def table(self, node: Node) -> Table:
        if isinstance(node, Table):
            return node
        self.wrong("lock-value", f"a mapping stands here, not {describe(node)}", node)
        return Table(node.source, node.start, node.end, {}, {}, 1)

    def entries(self, table: Table, name: str) -> Iterator[tuple[str, Scalar, Node]]:
        """The entries of the mapping in the field `name`: key, its place, value; none where there is no field."""
        if name in table.entries:
            yield from self.entries_of(table.entries[name])

    def entries_of(self, node: Node) -> Iterator[tuple[str, Scalar, Node]]:
        table = self.table(node)
        for key, value in table.entries.items():
            yield unhidden(key), table.keys[key], value

    def items(self, table: Table, name: str) -> tuple[Node, ...]:
        return self.items_of(table.entries[name]) if name in table.entries else ()

    def items_of(self, node: Node) -> tuple[Node, ...]:
        if isinstance(node, Items):
            return node.items
        self.wrong("lock-value", f"a list stands here, not {describe(node)}", node)
        return ()

    def optional(self, table: Table, name: str, read: Callable[[Node], _T]) -> _T | None:
        return read(table.entries[name]) if name in table.entries else None

    def required(self, table: Table, name: str, read: Callable[[Node], _T]) -> _T | None:
        if name not in table.entries:
            self.wrong("lock-field", f"there is no `{name}` here", table)
        return self.optional(table, name, read)

    def text(self, node: Node) -> str:
        if isinstance(node, Scalar) and not node.is_null:
            return unhidden(node.text)
        self.wrong("lock-value", f"a text stands here, not {describe(node)}", node)
        return ""

    def number(self, node: Node) -> int:
        text = node.text if isinstance(node, Scalar) else ""
        if text.isascii() and text.isdigit() and len(text) <= 10:
            return int(text)
        self.wrong("lock-value", "a whole number stands here", node)
        return 0

    def digest(self, node: Node) -> str:
        text = self.text(node)
        if _DIGEST.fullmatch(text) is None:
            self.wrong("lock-value", f"{text!r} is no digest: sha256: and 64 hexadecimal digits", node)
        return text

    def path(self, node: Node) -> str:
        text = self.text(node)
        self.check_path(text, node)
        return text

    def check_path(self, text: str, node: Node) -> None:
        if not text.startswith("/") or text.startswith("//") or posixpath.normpath(text) != text:
            self.wrong("lock-value", f"{text!r} is no absolute path in its shortest form", node)

    def check_name(self, text: str, node: Node) -> None:
        if not text or "/" in text or text in (".", ".."):
            self.wrong("lock-value", f"{text!r} is no name in a directory", node)
