"""Rule DF205: an archive that is copied in one layer and unpacked in the next."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Copy, Run
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Text
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tzst|tar\.(?:gz|bz2|xz|zst))$")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    unpacked = {
        posixpath.basename(word.text): call
        for call in subject.calls("tar")
        if _extracts(call)
        for word in call.words
        if word.literal and _ARCHIVE.search(word.text)
    }
    if not unpacked:
        return
    for stage in subject.stages:
        runs = {command for command in stage.commands if isinstance(command, Run)}
        for command in stage.commands:
            if not isinstance(command, Copy) or command.source_stage is not None:
                continue
            for source in command.sources:
                call = unpacked.get(_lands(source, command))
                if call is not None and call.run in runs and call.span.start > command.span.start:
                    yield Finding(
                        source.span,
                        f"{source.text} is copied into one layer and unpacked into another",
                        "ADD it, which unpacks, or RUN tar with the archive in a bind mount",
                        ((call.span, "unpacked here"),),
                    )


def _lands(source: Text, command: Copy) -> str:
    """The name that a source has in the image."""
    target = posixpath.basename(command.destination.text)
    return target if _ARCHIVE.search(target) else posixpath.basename(source.text)


def _extracts(call: ShellCall) -> bool:
    first = call.texts[0] if call.texts else ""
    bundled = not first.startswith("-") and re.fullmatch(r"[a-zA-Z]*x[a-zA-Z]*", first) is not None
    return bundled or call.has("-x", "--extract", "--get")


RULE = Rule(
    code="DF205",
    name="unpacked-copy",
    summary="Unpack archives of the context without a layer for the archive",
    why="COPY puts the whole archive into a layer, where it stays: a later `rm` hides it and frees nothing. `ADD "
    "app.tar.gz /opt/` unpacks on the way. Where tar needs options that ADD does not have (`--strip-components`, "
    "a part of the archive), a bind mount leaves no archive behind either: `RUN "
    "--mount=type=bind,source=app.tar.gz,target=/tmp/app.tar.gz tar -xf …`.\n\n"
    "Only tar archives are meant, packed or not: ADD does not unpack zip files, nor single files that are packed "
    "by gzip or xz, which hadolint takes for archives too. In a stage that is thrown away the layer costs little.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Copied, then unpacked",
            "FROM debian:13\nCOPY ⟦app.tar.gz⟧ /tmp/\nRUN tar -xzf /tmp/app.tar.gz -C /opt && rm /tmp/app.tar.gz\n",
            message="app.tar.gz",
        ),
        Example(
            "Under another name",
            "FROM debian:13\nCOPY ⟦dist/app-1.tgz⟧ /tmp/app.tgz\nRUN cd /opt && tar xf /tmp/app.tgz\n",
        ),
        Example("From a stage it cannot be ADDed", "FROM debian:13\nCOPY --from=b /a.tgz /\nRUN tar xf /a.tgz\n"),
        Example("ADD does not unpack zip files", "FROM debian:13\nCOPY a.zip /tmp/\nRUN unzip /tmp/a.zip\n"),
        Example("Made, not unpacked", "FROM debian:13\nCOPY a.tar /tmp/\nRUN tar -rf /tmp/a.tar /etc\n"),
        Example("Another archive", "FROM debian:13\nCOPY a.tar /tmp/\nRUN tar -xf /tmp/b.tar\n"),
        Example("Another stage", "FROM debian:13 AS a\nCOPY a.tar /\nFROM debian:13\nRUN tar -xf /a.tar\n"),
    ),
    twins=("hadolint:DL3010",),
    words=(".tar", ".tgz", ".tbz", ".txz", ".tzst"),
)
