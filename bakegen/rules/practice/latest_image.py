"""Rule DF204: an image that is tagged latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._images import outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for used in outside(subject):
        reference = used.reference
        if reference is not None and reference.tag == "latest" and not reference.digest:
            yield Finding(used.span, f"{used.name} moves: it is whatever was pushed last", "name a version")


RULE = Rule(
    code="DF204",
    name="latest-image",
    summary="Name a version of images, not latest",
    why="`latest` is a tag like any other, moved by whoever owns the image, to a new major version too. Two builds "
    "of one commit then stand on different images, and the cache of everything above FROM goes with each move. A "
    "digest behind the tag holds it fast.\n\n"
    "Some images are published under no other tag: pin their digest (`bakegen` keeps digests in a lock file), or "
    "silence the rule there.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("The last one", "FROM ⟦debian:latest⟧\n", message="debian:latest"),
        Example("Of a tool that is copied", "FROM scratch\nCOPY --from=⟦ghcr.io/astral-sh/uv:latest⟧ /uv /bin/\n"),
        Example("Held fast by a digest", f"FROM debian:latest@sha256:{'a' * 64}\n"),
        Example("A longer tag", "FROM debian:latest-slim\n"),
        Example("A version", "FROM latest:13\n"),
    ),
    twins=("hadolint:DL3007",),
    words=("latest",),
    links=("https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",),
)
