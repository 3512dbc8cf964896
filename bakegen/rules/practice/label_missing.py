"""Rule DF213: an image without a label that it should have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Label
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import labelled
from bakegen.rules.practice._stages import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    wanted = subject.settings.labels
    if not wanted or not subject.stages:
        return
    stages = chain(subject)
    found = [label.key for label in labelled(subject) if label.stage in stages]
    if None in found:
        return  # a key that only the build knows may be any
    missing = [key for key in wanted if key not in found]
    if missing:
        last = next((one.span for one in reversed(stages[0].commands) if isinstance(one, Label)), None)
        labels = ((last, "the last labels"),) if last is not None else ()
        for key in missing:
            yield Finding(stages[0].start.image.span, f"the image has no label {key}", f"add LABEL {key}=…", labels)


_WANTED = {"labels": {"org.opencontainers.image.title": "text", "maintainer": "email"}}

RULE = Rule(
    code="DF213",
    name="label-missing",
    summary="Give images the labels that the configuration wants",
    why="Teams that search, bill or clean up by labels need them on every image. The rule finds nothing until the "
    "configuration names `labels`. Only the image that the file ends with is looked at, with the stages of the "
    "file that it builds on; hadolint wants them of other stages, too. Labels that the bake file or the command "
    "line sets, or that an image in FROM brings, are not seen: where these are the rule, do not select this one.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "One is missing",
            "FROM debian:13 AS a\nFROM ⟦scratch⟧\nLABEL maintainer=me@example.com\n",
            settings=_WANTED,
            message="org.opencontainers.image.title",
        ),
        Example("Both are missing", "FROM ⟦⟦scratch⟧⟧\nLABEL a=b\n", settings=_WANTED),
        Example(
            "Some of them in a parent",
            'FROM debian:13 AS a\nLABEL "maintainer"=a@b.c\nFROM a\nLABEL org.opencontainers.image.title="a b"\n',
            settings=_WANTED,
        ),
        Example("A key from outside", "FROM debian:13\nARG KEY\nLABEL $KEY=1\n", settings=_WANTED),
        Example("No wishes", "FROM debian:13\n"),
    ),
    twins=("hadolint:DL3049",),
)
