"""Rule DF208: a --from that names no stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._images import outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    names = [stage.name for stage in subject.stages if stage.name]
    for used in outside(subject):
        if used.origin == "FROM" or not used.plain or used.name == "context":
            continue
        image = f"docker.io/library/{used.name}:latest"
        close = did_you_mean(used.name.lower(), names)
        message = f"{used.name} is no stage: without a context of that name BuildKit pulls {image}"
        severity = None if close else Severity.NOTE
        help = close or "name a stage, or a version of the image"
        twins = ("hadolint:DL3022",) if used.origin == "COPY --from" else ()
        yield Finding(used.span, message, help, twins=twins, severity=severity)


RULE = Rule(
    code="DF208",
    name="unknown-stage",
    summary="Let --from name a stage that exists",
    why="A word in `COPY --from` or `RUN --mount=from=` that is no stage is no error to BuildKit: it takes a named "
    "context, and without one an image of that name from Docker Hub. After a slip of the pen that is an image of "
    "somebody else, in its latest version.\n\n"
    "A name close to that of a stage is a warning, any other a note: named contexts (`contexts` in a bake file, "
    "`--build-context`) are a good thing, and cannot be seen in the Dockerfile. Names with a tag, a digest or a "
    "path are surely images, and left to DF203 and DF204. hadolint wants a stage or a tag, and so finds "
    "`--from=BUILDER` wrong, but not a slip of the pen in a mount.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A slip of the pen",
            "FROM debian:13 AS builder\nFROM scratch\nCOPY --from=⟦bulider⟧ /a /b\n",
            message="docker.io/library/bulider:latest",
        ),
        Example("In a mount", "FROM debian:13 AS deps\nFROM deps\nRUN --mount=from=⟦dep⟧,target=/deps ls /deps\n"),
        Example("A context or an image", "FROM scratch\nCOPY --from=⟦busybox⟧ /bin/sh /bin/sh\n"),
        Example("Stages are found in any case", "FROM debian:13 AS builder\nFROM scratch\nCOPY --from=BUILDER /a /b\n"),
        Example("Stages have numbers", "FROM debian:13\nFROM scratch\nCOPY --from=0 /a /b\n"),
        Example("An image with its version", "FROM scratch\nCOPY --from=busybox:1.37 /bin/sh /bin/sh\n"),
    ),
    twins=("hadolint:DL3022",),
    words=("from=",),
)
