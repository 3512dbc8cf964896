"""What the lock file keeps of an image: its config and root filesystem, boiled down to `PlatformFacts`."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.compare.model import Kind
from bakegen.facts.model import WATCHED_FILES, DirectoryFacts, PlatformFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.compare.model import Entry
    from bakegen.facts.root import Root

MOST_CHILDREN = 60
"""A directory with more directories in it than this is not listed."""

MOST_LINKS = 12
"""Links to files are named where a directory has no more than these."""

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# BuildKit gives it to a stage whose image has no PATH (dockerfile2llb/convert.go, util/system/path.go).
_NAME_LIMIT = 255
_PATH_LIMIT = 600
_UNLISTED = frozenset({"/proc", "/sys", "/dev"})
_DEEP = ("/usr/local", "/usr/src", "/opt", "/srv", "/home", "/root", "/app", "/var", "/etc")
_DEPTH = 3
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_ASSIGNMENT = re.compile(r"""([A-Z_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))\s*""")


class ConfigError(ValueError):
    """The config of an image that is none."""


def platform_facts(digest: str, config: object, root: Root, *, index_digest: str) -> PlatformFacts:
    """The facts of one platform.

    Args:
        digest: of its manifest, "" where that is not known.
        config: the image's config, as JSON gives it (image-spec, config.md, and Docker's own fields).
        root: its root filesystem.
        index_digest: what the image is pinned by.

    Raises:
        ConfigError: `config` is not of the shape that the specification gives it.
    """
    inner = _mapping(_mapping(config).get("config"))
    listings = dict(_listings(root))
    links, file_links = _links(root, listings)
    release = _release(root)
    users = tuple(_lines(root, "/etc/passwd", 7))
    env = [_variable(text) for text in _texts(inner, "Env")]
    if not any(name == "PATH" for name, _ in env):
        env.append(("PATH", _DEFAULT_PATH))
    return PlatformFacts(
        digest=digest,
        env=tuple(env),
        working_dir=_text(inner, "WorkingDir"),
        user=_text(inner, "User"),
        shell=_texts(inner, "Shell"),
        onbuild=_texts(inner, "OnBuild"),
        distribution=release.get("ID", ""),
        version=release.get("VERSION_ID", ""),
        symlinks=links,
        odd_directories=dict(_odd_directories(root, listings)),
        listings=listings,
        files=frozenset(path for path in WATCHED_FILES if _is_file(root.find(path))),
        users=_ids(users),
        groups=_ids(tuple(_lines(root, "/etc/group", 4))),
        homes={fields[0]: fields[5] for fields in reversed(users)},
        file_links=file_links,
        index_digest=index_digest,
    )


def _listings(root: Root) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path in root.inside:
        if _is_listed(path):
            names = root.folders(path)
            if len(names) <= MOST_CHILDREN and all(len(name) <= _NAME_LIMIT for name in names):
                yield path, tuple(names)


def _is_listed(path: str) -> bool:
    if path in _UNLISTED or len(path) > _PATH_LIMIT:
        return False
    return path.count("/") == 1 or any(
        path == top or (path.startswith(f"{top}/") and path.count("/") <= _DEPTH) for top in _DEEP
    )


def _is_file(found: Entry | None) -> bool:
    return found is not None and found.kind is not Kind.DIRECTORY


def _links(root: Root, listings: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The links that lead to directories or nothing, with their texts; and the names of those that lead to files."""
    elsewhere: dict[str, str] = {}
    to_files: dict[str, list[str]] = {}
    for path, link, found in root.links():
        above, name = posixpath.split(path)
        if above in listings:
            if _is_file(found):
                to_files.setdefault(above, []).append(name)
            else:
                elsewhere[path] = link.target
    many = {above: ("*",) if len(names) > MOST_LINKS else tuple(sorted(names)) for above, names in to_files.items()}
    return elsewhere, many


def _odd_directories(root: Root, listings: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, DirectoryFacts]]:
    for path in root.inside:
        entry = root.entry(path)
        assert entry is not None
        facts = DirectoryFacts(entry.uid & 0xFFFFFFFF, entry.gid & 0xFFFFFFFF, entry.mode)
        if not facts.plain and (path in listings or posixpath.dirname(path) in listings):
            yield path, facts


def _release(root: Root) -> dict[str, str]:
    """The variables of the first os-release file that is there (os-release(5))."""
    for path in _OS_RELEASE:
        text = root.text(path)
        if text is not None:
            lines = text.replace("\0", "").splitlines()
            matches = (match for line in lines if (match := _ASSIGNMENT.fullmatch(line)))
            return {match[1]: _value(match) for match in matches}
    return {}


def _value(match: re.Match[str]) -> str:
    quoted, single, plain = match[2], match[3], match[4]
    return re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else single if single is not None else plain


def _lines(root: Root, path: str, count: int) -> Iterator[list[str]]:
    """The lines of /etc/passwd or /etc/group that are whole: with a name and a number in the third field."""
    for line in (root.text(path) or "").split("\n"):
        fields = line.split(":")
        number = fields[2] if len(fields) == count else ""
        if fields[0] and "\0" not in line and number.isascii() and number.isdigit() and len(number) <= 10:
            yield fields


def _ids(lines: tuple[list[str], ...]) -> dict[str, int]:
    return {fields[0]: int(fields[2]) for fields in reversed(lines)}  # the first of two counts


def _variable(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _mapping(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError("its config is no JSON object")
    return value


def _text(config: Mapping[str, object], name: str) -> str:
    value = config.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise ConfigError(f"{name} in its config is no text")
    return value


def _texts(config: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = config.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) and "\0" not in one for one in value):
        raise ConfigError(f"{name} in its config is no list of texts")
    return tuple(value)
