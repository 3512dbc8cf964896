"""Rule DF220: a label that should be a semantic version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_PART = r"(?:0|[1-9]\d*)"
_PRE = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(rf"{_PART}\.{_PART}\.{_PART}(?:-{_PRE}(?:\.{_PRE})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    return wrong(
        subject,
        "semver",
        lambda value: _VERSION.fullmatch(value) is not None,
        "a semantic version",
        "write MAJOR.MINOR.PATCH, such as 1.4.0",
    )


_WANTED = {"labels": {"org.opencontainers.image.version": "semver"}}

RULE = Rule(
    code="DF220",
    name="label-version",
    summary="Give labels that hold a version a semantic one",
    why="Programs compare semantic versions (`1.4.0`, `2.0.0-rc.1`) without knowing the project. `1.4` and `v1.4.0` "
    "are none. A value that a variable gives is not looked at, as only the build knows it; hadolint finds it "
    "wrong. The rule needs a label of kind `semver` in the configuration (`labels`).",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Another value",
            "FROM scratch\nLABEL org.opencontainers.image.version=⟦1.4⟧\n",
            settings=_WANTED,
            message="1.4",
        ),
        Example("Near it, 1", "FROM scratch\nLABEL org.opencontainers.image.version=⟦v1.4.0⟧\n", settings=_WANTED),
        Example("Near it, 2", "FROM scratch\nLABEL org.opencontainers.image.version=⟦1.04.0⟧\n", settings=_WANTED),
        Example("As it should be", "FROM scratch\nLABEL org.opencontainers.image.version=1.4.0\n", settings=_WANTED),
        Example(
            "Also right, 1",
            'FROM scratch\nLABEL org.opencontainers.image.version="2.0.0-rc.1+build.5"\n',
            settings=_WANTED,
        ),
        Example(
            "A value from outside", "FROM scratch\nARG V\nLABEL org.opencontainers.image.version=$V\n", settings=_WANTED
        ),
        Example("Nothing is wanted of it", "FROM scratch\nLABEL org.opencontainers.image.version=1.4\n"),
    ),
    twins=("hadolint:DL3056",),
    words=("label",),
)
