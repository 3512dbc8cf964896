"""Rule DF259: packages of Alpine without a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._apk import adds
from bakegen.rules.practice._pins import WHY, unpinned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in adds(subject):
        loose = [
            word
            for word in action.operands
            if word.literal
            and not any(char in word.text for char in "=<>~/!")
            and not word.text.startswith(".")
            and not word.text.endswith(".apk")
        ]
        yield from unpinned(loose, "installs", "{}=VERSION")


RULE = Rule(
    code="DF259",
    name="apk-pin",
    summary="Give the versions of packages that apk adds",
    why=WHY.format(
        where="Alpine's repositories hold only the newest version of a package in a branch",
        instead="a mirror that keeps what it had",
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Any version", "FROM alpine:3.22\nRUN apk add --no-cache ⟦curl git⟧\n"),
        Example("Under a name", "FROM alpine:3.22\nRUN apk add --no-cache -t .build ⟦gcc⟧ 'musl-dev~=1.2'\n"),
        Example("A version", "FROM alpine:3.22\nRUN apk add --no-cache curl=8.14.1-r1 'git>2.49'\n"),
        Example("A file", "FROM alpine:3.22\nRUN apk add --no-cache --allow-untrusted /tmp/glibc.apk\n"),
        Example("A list in a variable", "FROM alpine:3.22\nRUN apk add --no-cache $PACKAGES\n"),
    ),
    twins=("hadolint:DL3018",),
    words=("apk",),
    default=False,
)
