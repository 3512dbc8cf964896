"""Rule BK117: ``FROM --platform=linux/amd64``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.expand import ExpandError, expansion
from bakegen.dockerfile.platforms import PlatformError, parse_platform
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import From
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        text = stage.start.platform
        if text is None:
            continue
        try:
            found = expansion(text.text, subject.resolved.global_args, subject.dockerfile.escape)
            platform = parse_platform(found.text)
        except (ExpandError, PlatformError):
            continue
        if found.matched or found.unmatched or platform.os in stage.name or platform.architecture in stage.name:
            continue
        yield Finding(
            text.span,
            f"the platform {found.text} is fixed here, whatever the image is built for",
            "leave --platform out, or name the stage after the platform",
            fix=_fix(subject, stage.start),
        )


def _fix(subject: DockerfileSubject, start: From) -> Fix | None:
    node = start.node
    if len(node.flags) != 1:
        return None
    span = node.place(node.flags[0].start, node.flags[0].end)
    text = subject.source.text
    end = span.end
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    if text[end : end + 1] in ("\r", "\n", subject.dockerfile.escape):
        return None
    why = "the stage is then built for the platform that the build asks for"
    return Fix((Edit(Span(span.start, end), ""),), "Leave --platform out", False, why)


RULE = Rule(
    code="BK117",
    name="from-platform-flag-const-disallowed",
    summary="Do not fix the platform of a stage",
    why=(
        "A constant in `FROM --platform` holds for every build: on another machine the stage is emulated, and with "
        "`docker build --platform linux/arm64` the image says that it is for arm64 while what is in it is not. To "
        "choose the platform, say it where the build is asked for: `--platform`, or `platforms` in a bake file. "
        "`$BUILDPLATFORM` is right for tools that run while the image is built.\n\nSome images exist for one platform "
        "only. For those, and for stages that are made for one platform each, put its name into the stage's "
        "(`AS build-amd64`): then nothing is reported."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A constant",
            "FROM --platform=⟦linux/amd64⟧ busybox AS app\nRUN true\n",
            "FROM busybox AS app\nRUN true\n",
            safe=False,
            message="linux/amd64",
        ),
        Example("Only the architecture, no name", "FROM --platform=⟦amd64⟧ busybox\n", "FROM busybox\n", safe=False),
        Example("The name of the stage says so", "FROM --platform=linux/amd64 busybox AS build-amd64\n"),
        Example("A variable", "FROM --platform=$BUILDPLATFORM busybox\n"),
        Example("A variable that has a default", "ARG ON=linux/amd64\nFROM --platform=$ON busybox\n"),
    ),
    twins=("buildkit:FromPlatformFlagConstDisallowed", "hadolint:DL3029"),
    words=("--platform",),
    links=("https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/",),
)
