"""Rule BK114: ``FROM --platform=$TARGETPLATFORM``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.expand import ExpandError, expansion
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import From
    from bakegen.rules.dockerfiles import DockerfileSubject

_NAME = "TARGETPLATFORM"


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    variables = subject.resolved.global_args
    for stage in subject.stages:
        platform = stage.start.platform
        if platform is None or _NAME not in platform.text:
            continue
        try:
            found = expansion(platform.text, variables, subject.dockerfile.escape)
        except ExpandError:
            continue
        if found.matched == {_NAME} and not found.unmatched and found.text == variables.get(_NAME):
            yield Finding(
                platform.span,
                f"{platform.text} is what FROM takes anyway",
                "leave --platform out",
                fix=_fix(subject, stage.start),
            )


def _fix(subject: DockerfileSubject, start: From) -> Fix | None:
    node = start.node
    flags = node.flags
    if len(flags) != 1:
        return None
    # With the blanks behind it, up to the name of the image; what stands between on lines of its own stays.
    span = node.place(flags[0].start, flags[0].end)
    text = subject.source.text
    end = span.end
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    if text[end : end + 1] in ("\r", "\n", subject.dockerfile.escape):
        return None
    return Fix((Edit(Span(span.start, end), ""),), "Leave --platform out", True, "the platform is the same")


RULE = Rule(
    code="BK114",
    name="redundant-target-platform",
    summary="Leave --platform=$TARGETPLATFORM out of FROM",
    why=(
        "FROM takes the platform that the image is built for, which is what `$TARGETPLATFORM` says. To say so has no "
        "effect; those who read it look for one. What makes a difference is `--platform=$BUILDPLATFORM`, for tools "
        "that run on the machine that builds."
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "It is the default",
            "FROM --platform=⟦$TARGETPLATFORM⟧ busybox AS app\nRUN true\n",
            "FROM busybox AS app\nRUN true\n",
        ),
        Example("In braces", "FROM --platform=⟦${TARGETPLATFORM}⟧ busybox\n", "FROM busybox\n"),
        Example("On two lines", "FROM --platform=⟦$TARGETPLATFORM⟧ \\\n  busybox\n"),
        Example("The platform of the machine that builds", "FROM --platform=$BUILDPLATFORM busybox\n"),
        Example("An ARG that has another name", "ARG ON=linux/amd64\nFROM --platform=$ON busybox\n"),
        Example("No platform", "FROM busybox\nARG TARGETPLATFORM\n"),
    ),
    twins=("buildkit:RedundantTargetPlatform", "hadolint:DL3065"),
    words=("targetplatform",),
    links=("https://docs.docker.com/reference/build-checks/redundant-target-platform/",),
)
