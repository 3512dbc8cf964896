"""Version numbers in natural order, for templates and for `newest N of AXIS`."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[0-9]+|[A-Za-z]+")
# Words that mark something before the release, in the order in which they come (PEP 440, SemVer's examples).
_BEFORE = {"dev": 0, "snapshot": 0, "nightly": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 4, "rc": 4}
_BEFORE |= {"pre": 3, "preview": 3, "m": 1, "milestone": 1, "ea": 0, "cr": 4}

VersionKey = tuple[tuple[int, int, str], ...]


def version_key(text: str) -> VersionKey:
    """A key that sorts versions: numbers by value, ``1.0-rc1 < 1.0 < 1.0.1``, a leading ``v`` ignored.

    What follows a ``+`` (SemVer's build part) decides last. Words that are no pre-release sort after the
    release they hang on (``1.0 < 1.0-debian``). Any text at all has a key.
    """
    release, _, build = text.strip().partition("+")
    if re.match(r"[vV][0-9]", release):
        release = release[1:]
    key: list[tuple[int, int, str]] = []
    for part in _PARTS.findall(release):
        if part[0] in "0123456789":
            digits = part.lstrip("0")
            key.append((3, len(digits), digits))
        elif part.lower() in _BEFORE:
            key.append((0, _BEFORE[part.lower()], part.lower()))
        else:
            key.append((2, 0, part))
    key.append((1, 0, ""))
    return (*key, *((2, 0, part) for part in _PARTS.findall(build)))


def at_least(version: object, least: object) -> bool:
    """Whether `version` is `least` or newer."""
    return version_key(str(version)) >= version_key(str(least))


def below(version: object, limit: object) -> bool:
    """Whether `version` is older than `limit`; a pre-release of `limit` is."""
    return version_key(str(version)) < version_key(str(limit))


def first_parts(version: object, count: int) -> str:
    """The first `count` numbers of a version: ``v1.22.3`` is ``1.22`` for 2."""
    numbers = re.findall(r"[0-9]+", str(version))
    return ".".join(numbers[:count])
