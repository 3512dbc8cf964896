"""Rule DF212: a label whose key is not of the usual form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_RESERVED = ("com.docker.", "io.docker.", "org.dockerproject.")
# What Docker documents for others to set: extensions of Docker Desktop, Docker Compose and Swarm read these.
_OPEN = ("com.docker.extension.", "com.docker.desktop.", "com.docker.compose.", "com.docker.stack.")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for label in labelled(subject):
        if label.key is not None:
            fault = _fault(label.key)
            if fault:
                yield Finding(label.key_span, f"the label {label.key} {fault}")


def _fault(key: str) -> str:
    if key.startswith(_RESERVED) and not key.startswith(_OPEN):
        return f"is in a namespace that Docker keeps for itself ({'.'.join(key.split('.')[:2])})"
    if key != key.lower():
        return "has capital letters"
    odd = re.search(r"[^a-z0-9._/-]", key)
    if odd is not None:
        return f"has {odd[0]!r} in its name"
    if not re.match(r"[a-z]", key) or not re.search(r"[a-z0-9]$", key):
        return "does not begin with a letter and end with a letter or a digit"
    if ".." in key or "--" in key:
        return "has two separators in a row"
    return ""


RULE = Rule(
    code="DF212",
    name="label-key",
    summary="Write label keys in small letters, with dots and hyphens between words",
    why="Docker's guidelines for labels: a key begins with a small letter, ends with one or with a digit, and has "
    "nothing but small letters, digits, `.` and `-` between, never two separators in a row. Tools that filter by "
    "labels compare keys letter by letter: `Version` and `version` are two. `_` and `/` are let pass, as many "
    "known schemes have them. The namespaces `com.docker.`, `io.docker.` and `org.dockerproject.` are Docker's "
    "own, less those keys that Docker documents for others (`com.docker.extension.…`).\n\n"
    "Some platforms read labels in capitals (`INSTALL`, `RUN`, `UNINSTALL` of the atomic tools): silence the "
    "rule there.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Capitals", 'FROM scratch\nLABEL ⟦Version⟧=1 ⟦"org.Example.a"⟧=b\n', message="capital"),
        Example("Docker's own", "FROM scratch\nLABEL ⟦com.docker.label⟧=1\n", message="com.docker"),
        Example("Odd characters", 'FROM scratch\nLABEL ⟦"my label"⟧=1 ⟦-a⟧=1 ⟦a.⟧=1 ⟦a..b⟧=1\n', message="' '"),
        Example("Usual ones", "FROM scratch\nLABEL org.opencontainers.image.ref.name=1 a_b=1 a/b-c=1 maintainer=x\n"),
        Example("The old form", "FROM scratch\nLABEL maintainer John Doe\n"),
        Example("What Docker Desktop reads", "FROM scratch\nLABEL com.docker.extension.categories=database\n"),
        Example("A key from outside", "FROM scratch\nARG K\nLABEL ${K}=1\n"),
    ),
    twins=("hadolint:DL3048",),
    words=("label",),
    links=("https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations",),
)
