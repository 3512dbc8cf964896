"""Rule CA336: an ARG of a base stage that enters the cache keys of the stages built from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Run
from bakegen.rules.cache._stages import lineage
from bakegen.rules.cache._volatile import is_volatile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject


def _mentions(run: Run, name: str) -> bool:
    return name in run.node.logical or any(name in heredoc.body for heredoc in run.heredocs)


def _children(subject: DockerfileSubject, stage: Stage) -> Iterator[Stage]:
    """The stages that are built FROM a stage, at any distance."""
    for other in subject.stages[stage.index + 1 :]:
        if any(one is stage for one in lineage(subject, other)):
            yield other


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, arg in subject.own(Arg):
        below = stage.commands[stage.commands.index(arg) + 1 :]
        if any(isinstance(one, Run) for one in below):
            # Moving it down within its own stage comes first, and is another rule's.
            continue
        for item in arg.items:
            if not is_volatile(item.name):
                continue
            runs = [
                (child, command)
                for child in _children(subject, stage)
                for command in child.commands
                if isinstance(command, Run)
            ]
            if not runs or any(_mentions(run, item.name) for _, run in runs):
                continue
            child, run = runs[0]
            yield Finding(
                item.span,
                f"{item.name} is in the cache key of every RUN of {child.label} too, which is built FROM this stage",
                "declare it in a stage that nothing is built from",
                ((run.span, f"runs again for every new {item.name}"),),
            )


RULE = Rule(
    code="CA336",
    name="arg-inherited-by-children",
    summary="Do not declare what changes with every build in a stage that others are built from",
    why="An ARG that has a value stays in the environment of the stages that are built `FROM` its stage, although "
    "nobody there declares it, and it is part of the cache key of all their RUNs: a commit id at the end of a base "
    "stage has the stages on top of it built again at every commit. (`COPY --from` inherits nothing.)\n\n"
    "It is reported for names that change often (`GIT_SHA`, `BUILD_DATE`) where no RUN of the children names them. "
    "Where a LABEL or ENV needs the value, put both into the last stage.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A commit id for a label",
            "FROM debian AS base\nRUN mkdir /app\nARG ⟦GIT_SHA⟧\nLABEL revision=$GIT_SHA\n\n"
            "FROM base\nRUN mkdir /data\n",
        ),
        Example("The child uses it", "FROM debian AS base\nARG GIT_SHA\n\nFROM base\nRUN echo $GIT_SHA > /revision\n"),
        Example("Nothing is built from it", "FROM debian AS a\nARG GIT_SHA\n\nFROM debian\nCOPY --from=a /x /x\n"),
        Example("Seldom another", "FROM debian AS base\nARG PYTHON=3\n\nFROM base\nRUN mkdir /data\n"),
        Example("Children without RUN", "FROM debian AS base\nARG GIT_SHA\n\nFROM base\nCOPY x /x\n"),
    ),
    words=("arg",),
)
