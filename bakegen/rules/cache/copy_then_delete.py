"""Rule CA308: what a COPY brings is deleted by a RUN behind it, and stays in the image all the same."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run, Transfer
from bakegen.rules.cache._stages import absolute, destination, directory, exported, line, shown
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.offers import chosen, fix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if not any(True for _ in subject.calls("rm")):
        return
    shipped = exported(subject)
    for stage in subject.stages:
        if stage.index not in shipped:
            continue
        for index, command in enumerate(stage.commands):
            if isinstance(command, Transfer) and command.sources:
                yield from _deleted(subject, stage, index, command)


def _deleted(subject: DockerfileSubject, stage: Stage, index: int, command: Transfer) -> Iterator[Finding]:
    paths = _paths(subject, stage, command)
    if not paths:
        return
    for run in stage.commands[index + 1 :]:
        if not isinstance(run, Run):
            continue
        here = directory(subject, stage, run)
        calls = subject.script(run).calls
        moves = any(call.name in ("cd", "pushd") for call in calls)
        for call in calls:
            if call.name != "rm" or call.nested:
                continue
            for word in call.operands():
                path = absolute(word.text, None if moves else here) if word.literal and word.text else None
                if path in paths:
                    fix = _fix(subject, run)
                    yield Finding(
                        word.span,
                        f"rm takes {word.text} out of sight only: it is in the layer of `{shown(subject, command)}`",
                        "mount it for the RUN that needs it: `RUN --mount=type=bind,…`",
                        ((command.span, f"the {line(command)} brings it"),),
                        fix,
                    )
                    return


def _paths(subject: DockerfileSubject, stage: Stage, command: Transfer) -> set[str]:
    """The files that a COPY or ADD surely makes, where their names are known; or its destination."""
    path = destination(subject, stage, command)
    if path is None or path == "/":
        return set()
    step = subject.steps[command]
    if any(mark in source for source in step.sources for mark in "*?["):
        return set()
    into = step.destination.endswith(("/", "/.")) or step.destination == "." or len(command.sources) > 1
    if not into:
        return {path}
    return {posixpath.join(path, posixpath.basename(source.rstrip("/"))) for source in step.sources if source != "."}


def _fix(subject: DockerfileSubject, run: Run) -> Fix | None:
    if subject.context is None and not any(True for stage in subject.stages[:-1]):
        return None
    for proposal in chosen(subject, "bind-mount"):
        if any(run.span.start <= edit.span.start <= run.span.end for edit in proposal.edits):
            return fix_of(proposal, "Mount it for this RUN")
    return None


_FILES = {"tool.deb": "", "app.conf": ""}

RULE = Rule(
    code="CA308",
    name="copy-then-delete",
    summary="Mount what only one RUN needs, instead of copying and deleting it",
    why="Each instruction makes a layer, and a layer is never changed again. What a COPY brings and a later RUN "
    "deletes is still sent, stored and pulled with the image, and whoever has the image can read it: all the worse "
    "for keys and passwords. A bind mount (`RUN --mount=type=bind,source=…,target=…`) shows a file to one RUN and "
    "leaves nothing behind; for secrets there is `--mount=type=secret`.\n\n"
    "Stages that are in no image are not looked at: nobody pulls their layers.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A package that is installed and deleted",
            "FROM debian\nCOPY tool.deb /tmp/\nRUN dpkg -i /tmp/tool.deb && rm ⟦/tmp/tool.deb⟧\n",
            message="/tmp/tool.deb",
        ),
        Example(
            "In another RUN, from the working directory",
            "FROM debian\nWORKDIR /work\nCOPY key.pem key.pem\nRUN ./fetch key.pem\nRUN rm -f ⟦key.pem⟧\n",
        ),
        Example(
            "In a stage that is in no image",
            "FROM debian AS build\nCOPY tool.deb /tmp/\nRUN dpkg -i /tmp/tool.deb && rm /tmp/tool.deb\n"
            "FROM scratch\nCOPY --from=build /usr/bin/tool /\n",
        ),
        Example("Something else is deleted", "FROM debian\nCOPY tool.deb /tmp/\nRUN rm -rf /tmp/cache\n"),
        Example("Mounted", "FROM debian\nRUN --mount=type=bind,source=a,target=/a cp /a /b && rm -f /c\n"),
    ),
    words=("rm ",),
)
