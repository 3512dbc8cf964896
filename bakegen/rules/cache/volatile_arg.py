"""Rule CA301: an ARG above RUNs that do not look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg
from bakegen.rules.cache._bases import ON_DEBIAN
from bakegen.rules.cache._busters import is_buster
from bakegen.rules.cache._volatile import is_steady, may_sink, sunk
from bakegen.rules.model import Example, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    names: dict[int, tuple[str, ...]] = {}
    for stage, command in subject.own(Arg):
        found = tuple(item.name for item in command.items)
        if any(is_buster(name) for name in found):
            continue  # it is there to have what is below it run again: CA350
        if not all(is_steady(name) for name in found) and may_sink(subject, stage, command, found):
            names[command.span.start] = found
    yield from sunk(subject, "sink-arg", names)


RULE = Rule(
    code="CA301",
    name="volatile-arg-before-run",
    summary="Declare an ARG where it is first used",
    why="An ARG that has a value is in the environment of every RUN below it, and the environment is part of the "
    "cache key: with a new value every one of them runs again, whether it looks at the variable or not. A commit id at "
    "the top of a stage has everything built again at every commit.\n\n"
    "Only RUNs that are understood count: a script may look at any variable. What reads the ARG and stands above its "
    "new place, such as LABEL, moves with it. An ARG whose name says that it changes often (`GIT_SHA`, `BUILD_DATE`) "
    "is a warning, others are notes.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A commit id that only a label needs",
            'FROM debian\n⟦ARG GIT_SHA⟧\nLABEL revision=$GIT_SHA\nRUN mkdir -p /app\nCMD ["/app/run"]\n',
            'FROM debian\nRUN mkdir -p /app\nARG GIT_SHA\nLABEL revision=$GIT_SHA\nCMD ["/app/run"]\n',
            message="ARG GIT_SHA",
            bases=ON_DEBIAN,
        ),
        Example(
            "Without facts of the image too, where nothing but the package manager is crossed",
            "FROM debian\n⟦ARG RELEASE⟧\nRUN apt-get update && apt-get install -y curl\nENV RELEASE=$RELEASE\n",
            "FROM debian\nRUN apt-get update && apt-get install -y curl\nARG RELEASE\nENV RELEASE=$RELEASE\n",
            safe=False,
        ),
        Example("The next RUN reads it", "FROM debian\nARG MODE\nRUN mkdir -m $MODE /data\n", bases=ON_DEBIAN),
        Example("A script may read it", "FROM debian\nARG GIT_SHA\nCOPY build.sh /\nRUN /build.sh\n"),
        Example(
            "It steers the package manager", "FROM debian\nARG DEBIAN_FRONTEND=noninteractive\nRUN apt-get update\n"
        ),
        Example("It is the same in every build of a platform", "FROM debian\nARG TARGETARCH\nRUN mkdir /x\n"),
    ),
    words=("arg",),
)
