"""Rule DF203: an image without tag or digest."""

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
        if reference is None or reference.tag or reference.digest:
            continue
        if used.origin != "FROM" and used.plain:
            continue  # DF208: it may be a named context
        twin = "hadolint:DL3006" if used.origin == "FROM" else "hadolint:DL3022"
        message = f"{used.name} has neither tag nor digest: that is {used.name}:latest, whatever it is on the day"
        yield Finding(used.span, message, "name a version", twins=(twin,))


RULE = Rule(
    code="DF203",
    name="untagged-image",
    summary="Name the version of images",
    why="Without a tag BuildKit takes `latest`, which moves: two builds of one commit then stand on different "
    "images, and a new major version arrives on a day that nobody chose. A tag such as `13` or `3.12-slim` takes "
    "in small updates only; a digest takes in none.\n\n"
    "Images of `COPY --from` and `RUN --mount=from=` move just the same. There a word alone (`COPY "
    "--from=assets`) is left to DF208, as it is often a context that the build gives by name. An image whose "
    "name holds a variable is not looked at.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("No tag", "FROM ⟦debian⟧\n", message="debian:latest"),
        Example("A port of a registry is no tag", "FROM ⟦registry.example.com:5000/base/debian⟧ AS base\n"),
        Example(
            "Images to copy from",
            "FROM scratch\nCOPY --from=⟦ghcr.io/astral-sh/uv⟧ /uv /bin/\n",
            message="ghcr.io/astral-sh/uv:latest",
        ),
        Example(
            "Images to mount",
            "FROM debian:13\nRUN --mount=from=⟦ghcr.io/astral-sh/uv⟧,source=/uv,target=/bin/uv uv sync\n",
        ),
        Example("A tag, a digest", f"FROM debian:13\nFROM debian@sha256:{'a' * 64}\n"),
        Example("A stage, and nothing", "FROM scratch AS base\nFROM base\nCOPY --from=base /a /b\n"),
        Example("A name that comes from outside", "ARG BASE=debian\nFROM $BASE\nFROM ${BASE}\n"),
        Example("What may be a named context", "FROM scratch\nCOPY --from=assets /a /b\n"),
    ),
    twins=("hadolint:DL3006", "hadolint:DL3022"),
    links=("https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",),
)
