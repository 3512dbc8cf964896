"""Rule DF219: a label that should be a commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_HASH = re.compile(r"[0-9a-f]{7,40}|[0-9a-f]{64}")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    return wrong(
        subject,
        "hash",
        lambda value: _HASH.fullmatch(value) is not None,
        "the hash of a commit",
        "write 7 to 40 hexadecimal digits",
    )


_WANTED = {"labels": {"org.opencontainers.image.revision": "hash"}}

RULE = Rule(
    code="DF219",
    name="label-hash",
    summary="Give labels that hold a commit its hash",
    why="A hash leads to one commit for good; a branch or a tag leads elsewhere tomorrow. From 7 to 40 digits are "
    "right, and the 64 of repositories that use SHA-256. A value that a variable gives is not looked at, as only "
    "the build knows it; hadolint finds it wrong. The rule needs a label of kind `hash` in the configuration "
    "(`labels`).",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Another value",
            "FROM scratch\nLABEL org.opencontainers.image.revision=⟦main⟧\n",
            settings=_WANTED,
            message="main",
        ),
        Example("Near it, 1", "FROM scratch\nLABEL org.opencontainers.image.revision=⟦0123ABC⟧\n", settings=_WANTED),
        Example("Near it, 2", "FROM scratch\nLABEL org.opencontainers.image.revision=⟦012345⟧\n", settings=_WANTED),
        Example(
            "As it should be",
            "FROM scratch\nLABEL org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567\n",
            settings=_WANTED,
        ),
        Example("Also right, 1", "FROM scratch\nLABEL org.opencontainers.image.revision=0123abc\n", settings=_WANTED),
        Example(
            "Also right, 2",
            f"FROM scratch\nLABEL org.opencontainers.image.revision={'ab' * 32}\n",
            settings=_WANTED,
        ),
        Example(
            "A value from outside",
            "FROM scratch\nARG V\nLABEL org.opencontainers.image.revision=$V\n",
            settings=_WANTED,
        ),
        Example("Nothing is wanted of it", "FROM scratch\nLABEL org.opencontainers.image.revision=main\n"),
    ),
    twins=("hadolint:DL3055",),
    words=("label",),
)
