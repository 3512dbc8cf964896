"""pip's requirements files: which other files and local projects one names; used by the models of pip and uv.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and pip's own reader (req_file.py,
constructors.py) for how lines are joined, comments cut and local paths told from names.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_SCHEME = re.compile(r"^(?:[a-z]+\+)?(?:https?|ftp|ssh|git|file|sftp|hg|svn|bzr|lp)(?:\+[a-z]+)?:", re.IGNORECASE)
_NAMED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*@\s*(.+)$")
_EXTRAS = re.compile(r"^(.+?)\[[^\[\]]*\]$")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma",
             ".tar")  # fmt: skip

_WITH_VALUE = frozenset(
    ("-i", "--index-url", "--pypi-url", "--extra-index-url", "--trusted-host", "--no-binary", "--only-binary",
     "--use-feature", "--global-option", "--install-option", "--config-settings", "--config-setting", "-C", "--hash")
)  # fmt: skip
_WITHOUT_VALUE = frozenset(
    ("--no-index", "--prefer-binary", "--require-hashes", "--pre", "--process-dependency-links", "--no-find-links")
)
_PATHS = {
    "-r": "nested", "--requirement": "nested", "-c": "constraints", "--constraint": "constraints",
    "-f": "links", "--find-links": "links", "-e": "editable", "--editable": "editable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one requirement is.

    Attributes:
        local: the path of a directory or archive, as written; "" for what comes from elsewhere.
        archive: whether that path is a package's file by its name.
        pinned: whether version and hash are given.
    """

    local: str = ""
    archive: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a requirements file says.

    Attributes:
        nested, constraints: paths and URLs behind ``-r`` and ``-c``, as written.
        links: paths and URLs behind ``--find-links``.
        editable: what stands behind ``-e``.
        requirements: the rest.
        hashes: whether ``--require-hashes`` stands in it.
        problems: lines that are not understood, each a clause.
        names: variables that it uses.
    """

    nested: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    editable: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    hashes: bool = False
    problems: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def is_remote(path: str) -> bool:
    """Whether a path of a requirements file is a URL of something elsewhere."""
    return _SCHEME.match(path) is not None and not path.lower().startswith("file:")


def local_path(path: str) -> str:
    """The path that a ``file:`` URL means, or `path` itself."""
    if not path.lower().startswith("file:"):
        return path
    from urllib.parse import unquote

    rest = path[5:].partition("#")[0]
    if rest.startswith("//"):
        rest = rest[2:].removeprefix("localhost")
    return unquote(rest)


def requirement(text: str) -> Requirement:
    """One requirement as it stands in a file (without its comment) or on a command line; markers do not matter."""
    words = text.split(" --hash")
    hashed = len(words) > 1
    text = words[0].strip()
    url = re.split(r"\s;\s|;\s", text)[0].strip() if _SCHEME.match(text) else text.partition(";")[0].strip()
    named = _NAMED.match(url)
    if named:
        url = named[1].strip()
        if not _SCHEME.match(url):
            return Requirement(local=url, archive=url.lower().endswith(_ARCHIVES))
    if _SCHEME.match(url):
        if is_remote(url):
            return Requirement()
        path = local_path(url)
        return Requirement(local=path, archive=path.lower().endswith(_ARCHIVES))
    path = url
    extras = _EXTRAS.match(url)
    if extras:
        path = extras[1]
    archive = path.lower().endswith(_ARCHIVES)
    if archive or "/" in path or path.startswith("."):
        return Requirement(local=path, archive=archive)
    return Requirement(pinned=hashed)


def read_requirements(text: str, value: Callable[[str], str | None]) -> Requirements:
    """What the text of a requirements file says.

    Args:
        text: any text.
        value: the value of a variable, None where it is unset: it stays as it is written then.
    """
    found: dict[str, list[str]] = {"nested": [], "constraints": [], "links": [], "editable": []}
    requirements: list[Requirement] = []
    problems: list[str] = []
    names: set[str] = set()
    hashes = False

    def expanded(match: re.Match[str]) -> str:
        names.add(match[1])
        return value(match[1]) or match[0]

    for line in _lines(text.removeprefix("\ufeff")):
        line = _VARIABLE.sub(expanded, line)
        if not line.startswith("-"):
            requirements.append(requirement(line))
            continue
        try:
            words = shlex.split(line)
        except ValueError:
            problems.append(f"the line {line[:60]!r} cannot be read")
            continue
        while words:
            name, equals, rest = words.pop(0).partition("=")
            short = name[:2]
            if not name.startswith("--") and len(name) > 2 and short in (*_PATHS, "-i", "-C"):
                name, equals, rest = short, "=", name[2:] + equals + rest
            if name in _WITHOUT_VALUE:
                hashes = hashes or name == "--require-hashes"
            elif name in _PATHS or name in _WITH_VALUE:
                if not equals and not words:
                    problems.append(f"the option {name} has no value")
                    break
                given = rest if equals else words.pop(0)
                if name in _PATHS:
                    found[_PATHS[name]].append(given)
            else:
                problems.append(f"the option {name} is not known")
                break
    return Requirements(
        nested=tuple(found["nested"]),
        constraints=tuple(found["constraints"]),
        links=tuple(found["links"]),
        editable=tuple(found["editable"]),
        requirements=tuple(requirements),
        hashes=hashes,
        problems=tuple(problems),
        names=frozenset(names),
    )


def _lines(text: str) -> Iterator[str]:
    """The logical lines: joined at backslashes, without comments and blank lines."""
    joined = ""
    for line in text.splitlines():
        comment = _COMMENT.match(line) is not None
        if line.endswith("\\") and not comment:
            joined += line[:-1].strip("\\") if line.endswith("\\\\") else line[:-1]
            continue
        # A comment between joined lines ends them; it must stay one.
        whole = joined + (" " + line if comment and joined else line)
        joined = ""
        whole = _COMMENT.sub("", whole).strip()
        if whole:
            yield whole
    whole = _COMMENT.sub("", joined).strip()
    if whole:
        yield whole
