"""Rule DF223: a RUN right behind another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


_FEW = 1  # commands: who wrote more in one RUN has joined what belongs together
_UNKNOWN = _FEW + 1  # of a text that is no shell script we can read


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    counts = {
        script.run: len([call for call in script.calls if not call.carrier]) or _UNKNOWN for script in subject.scripts
    }
    for stage in subject.stages:
        before: Run | None = None
        for command in stage.commands:
            if not isinstance(command, Run):
                before = None
                continue
            # A RUN is compared with the first one of its kind, as joining would begin there.
            alike = before is not None and _flags(before) == _flags(command)
            if before is None or not alike or counts[command] > _FEW or counts[before] > _FEW:
                before = command
                continue
            message = "this RUN follows another and could be joined to it"
            yield Finding(command.node.keyword_span, message, "join them with &&", ((before.span, "the first"),))


def _flags(run: Run) -> tuple[object, ...]:
    return (
        tuple(mount.fields for mount in run.mounts),
        run.network,
        run.security,
        tuple(one.device for one in run.devices),
    )


RULE = Rule(
    code="DF223",
    name="consecutive-runs",
    summary="Join RUNs to have fewer layers",
    why="It does not run unless it is selected, because following it makes builds slower. Every RUN is a step of its "
    "own to the cache: of two RUNs a change in the second runs only the second again, joined both run again. "
    "What is saved is a layer, which costs next to nothing; the limit of layers (127) is far away.\n\n"
    "One thing is worth joining, and other rules find it: what is made in one RUN and deleted in the next stays "
    "in the first one's layer. RUNs of one command with equal flags are found, as hadolint finds them.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Two of them", "FROM debian:13\nRUN make\n⟦RUN⟧ make install\n", message="follows another"),
        Example("Three", "FROM debian:13\nRUN a\n# and\n⟦RUN⟧ b --c\n⟦RUN⟧ d\n"),
        Example("Something between", "FROM debian:13\nRUN make\nENV A=1\nRUN make install\n"),
        Example("Joined already", "FROM debian:13\nRUN a && b\nRUN d\nFROM debian:13\nRUN e\n"),
        Example("Other mounts", "FROM debian:13\nRUN make\nRUN --mount=type=cache,target=/c make install\n"),
    ),
    twins=("hadolint:DL3059",),
    words=("run",),
    default=False,
)
