"""Rule DF217: a label that should be a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)")


def _is_time(value: str) -> bool:
    from datetime import datetime

    match = _TIME.fullmatch(value)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(group) for group in match.groups())
    try:
        datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second)  # a leap second
    except ValueError:
        return False
    return True


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    return wrong(subject, "rfc3339", _is_time, "a time of RFC 3339", "write it like 2026-01-31T12:00:00Z")


_WANTED = {"labels": {"org.opencontainers.image.created": "rfc3339"}}

RULE = Rule(
    code="DF217",
    name="label-time",
    summary="Give labels that hold a time one of RFC 3339",
    why="The OCI image specification asks for RFC 3339 (`2026-01-31T12:00:00Z`), with a date, a time and an offset, "
    "so that programs can sort images by it. A value that a variable gives is not looked at, as only the build "
    "knows it; hadolint finds it wrong. The rule needs a label of kind `rfc3339` in the configuration (`labels`).",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Another value",
            "FROM scratch\nLABEL org.opencontainers.image.created=⟦2026-01-31⟧\n",
            settings=_WANTED,
            message="2026-01-31",
        ),
        Example(
            "Near it, 1",
            "FROM scratch\nLABEL org.opencontainers.image.created=⟦2026-02-30T12:00:00Z⟧\n",
            settings=_WANTED,
        ),
        Example(
            "Near it, 2",
            "FROM scratch\nLABEL org.opencontainers.image.created=⟦2026-01-31T12:00:00⟧\n",
            settings=_WANTED,
        ),
        Example(
            "As it should be",
            "FROM scratch\nLABEL org.opencontainers.image.created=2026-01-31T12:00:00Z\n",
            settings=_WANTED,
        ),
        Example(
            "Also right, 1",
            'FROM scratch\nLABEL org.opencontainers.image.created="2026-01-31T12:00:00.5+02:00"\n',
            settings=_WANTED,
        ),
        Example(
            "A value from outside", "FROM scratch\nARG V\nLABEL org.opencontainers.image.created=$V\n", settings=_WANTED
        ),
        Example("Nothing is wanted of it", "FROM scratch\nLABEL org.opencontainers.image.created=2026-01-31\n"),
    ),
    twins=("hadolint:DL3053",),
    words=("label",),
)
