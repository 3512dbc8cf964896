"""Rule DF225: a COPY of everything that another stage holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Copy, Run
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain, roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, command in subject.own(Copy):
        source = command.source_stage
        if source is None or command.exclude or _plain(command.destination.text) != "/":
            continue
        if not any(_plain(one.text) == "/" for one in command.sources):
            continue
        if not _is_system(subject, source.text.lower()):
            continue  # it may hold nothing but what is to be copied
        flat = roots(subject)[stage.index].start.image.text == "scratch"
        if flat:
            message = f"all of {source.text} becomes one layer, which no other image shares, and its settings are lost"
            severity = Severity.NOTE
        else:
            message = f"all of {source.text} is copied over the system below"
            severity = None
        yield Finding(command.span, message, "copy what is needed from there", severity=severity)


def _is_system(subject: DockerfileSubject, name: str) -> bool:
    """Whether it is a stage that runs commands."""
    stage = next((one for one in subject.stages if name and name in (one.name, str(one.index))), None)
    return stage is not None and any(isinstance(one, Run) for each in chain(subject, stage) for one in each.commands)


def _plain(path: str) -> str:
    return path.strip("\"'")


RULE = Rule(
    code="DF225",
    name="copy-whole-filesystem",
    summary="Copy from a stage what is needed, not all of it",
    why="`COPY --from=build / /` brings compilers, caches and sources along, and on top of another system it mixes "
    "two package databases into one that fits neither.\n\n"
    "Into a stage from scratch it is a way to make one layer of many: a note only. It loses what is no file "
    "(ENV, USER, ENTRYPOINT, …), and the base can no longer be shared.\n\n"
    "Only stages that run commands are taken for systems. An image or a stage without any may be made to be "
    "copied whole, as `tonistiigi/xx` is (`COPY --from=xx / /`). hadolint does not tell these apart.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Over another system",
            "FROM debian:13 AS build\nRUN make\nFROM debian:13\n⟦COPY --from=build / /⟧\n",
            message="over the system",
        ),
        Example(
            "Into nothing",
            'FROM debian:13 AS b\nRUN make\nFROM scratch\n⟦COPY --from=b ["/", "/"]⟧\n',
            message="one layer",
        ),
        Example("Out of a stage that holds little", "FROM scratch AS f\nCOPY a /\nFROM debian:13\nCOPY --from=f / /\n"),
        Example("Tools that are made for it", "FROM tonistiigi/xx:1.6 AS xx\nFROM debian:13\nCOPY --from=xx / /\n"),
        Example("A part", "FROM debian:13 AS build\nRUN a\nFROM debian:13\nCOPY --from=build /opt/ /\nCOPY / /\n"),
        Example("To elsewhere", "FROM debian:13 AS build\nRUN a\nFROM debian:13\nCOPY --from=build / /sysroot/\n"),
    ),
    twins=("hadolint:DL3067",),
    words=("from=",),
)
