"""Rule CA364: ``--mount=from=0`` means an image called 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run
from bakegen.rules.cache._mounts import replace_value
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, run in subject.each(Run):
        for mount in run.mounts:
            name = mount.source_stage or ""
            if not name.isascii() or not name.isdecimal() or int(name) >= stage.index:
                continue
            if any(one.name == name for one in subject.stages):
                continue
            meant = subject.stages[int(name)].name
            # A name that stands twice means the later one.
            if [one.name for one in subject.stages].count(meant) > 1:
                meant = ""
            edits = replace_value(subject, mount, "from", meant) if meant else ()
            fix = Fix(edits, f"Write {meant}", False, "the build fails as it is") if edits else None
            yield Finding(
                mount.span,
                f"a mount knows stages by name only: from={name} is an image called {name}",
                f"write from={meant}" if meant else "give the stage a name, and write that",
                ((subject.stages[int(name)].span, f"the stage number {name}"),),
                fix,
            )


RULE = Rule(
    code="CA364",
    name="mount-from-number",
    summary="Name the stage that a mount is from, do not number it",
    why="`COPY --from=0` takes the first stage. A mount does not: for `RUN --mount=from=0,…` BuildKit looks for a "
    "stage that is called `0`, finds none, and pulls `docker.io/library/0`, which does not exist.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A stage that has a name",
            "FROM debian AS tools\nFROM busybox\nRUN --mount=⟦from=0,target=/tools⟧ /tools/bin/true\n",
            "FROM debian AS tools\nFROM busybox\nRUN --mount=from=tools,target=/tools /tools/bin/true\n",
            safe=False,
        ),
        Example("Without a name", "FROM debian\nFROM busybox\nRUN --mount=⟦type=bind,from=0,target=/x⟧ ls /x\n"),
        Example("By name", "FROM debian AS a\nFROM busybox\nRUN --mount=from=a,target=/x ls /x\n"),
        Example("COPY knows numbers", "FROM debian AS a\nFROM busybox\nCOPY --from=0 /etc/passwd /\n"),
    ),
    words=("from=",),
)
