"""Rule CA302: an ENV that changes from build to build above RUNs that do not look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Env
from bakegen.rules.cache._bases import ON_DEBIAN
from bakegen.rules.cache._volatile import is_volatile, may_sink, sunk
from bakegen.rules.model import Example, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    names: dict[int, tuple[str, ...]] = {}
    for stage, command in subject.own(Env):
        found = tuple(pair.key for pair in command.pairs)
        changes = any("$" in pair.value or is_volatile(pair.key) or "VERSION" in pair.key for pair in command.pairs)
        if changes and may_sink(subject, stage, command, found):
            names[command.span.start] = found
    yield from sunk(subject, "sink-env", names)


RULE = Rule(
    code="CA302",
    name="volatile-env-before-run",
    summary="Set an ENV that changes often below the RUNs that do not need it",
    why="All variables are part of the cache key of every RUN below them. One that carries a version, a commit or a "
    "build argument has all of these run again when it changes, those too that never look at it.\n\n"
    "Variables that steer tools (`PATH`, `LANG`, `NODE_ENV`, `PIP_*`, `*_HOME`, …) belong above what they steer and "
    "are never reported, and a RUN that is not understood is taken to look at all of them. Versions that the file "
    "itself spells out change seldom: these are notes.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A version that is only kept in the image",
            "FROM debian\n⟦ENV APP_VERSION=1.2.3⟧\nRUN mkdir -p /app\nWORKDIR /app\n",
            "FROM debian\nRUN mkdir -p /app\nENV APP_VERSION=1.2.3\nWORKDIR /app\n",
            message="APP_VERSION",
            bases=ON_DEBIAN,
        ),
        Example(
            "Down to the RUN that reads it",
            "FROM debian\n⟦ENV RELEASE=7⟧\nRUN mkdir /a\nRUN touch /a/$RELEASE\n",
            "FROM debian\nRUN mkdir /a\nENV RELEASE=7\nRUN touch /a/$RELEASE\n",
            bases=ON_DEBIAN,
        ),
        Example("It steers a tool", "FROM debian\nENV PIP_VERSION=1\nRUN mkdir /a\n", bases=ON_DEBIAN),
        Example("It never changes", "FROM debian\nENV GREETING=hello\nRUN mkdir /a\n", bases=ON_DEBIAN),
        Example("A script may read it", "FROM debian\nENV APP_VERSION=1\nRUN ./build\n", bases=ON_DEBIAN),
    ),
    words=("env",),
)
