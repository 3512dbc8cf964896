"""Rule DF227: a CMD that the ENTRYPOINT never sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Cmd, Entrypoint, Shell
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


_READS = re.compile(r"\$(?:[@*#0-9]|\{[@*#0-9!])|\bshift\b|\bset --|\bgetopts\b|BASH_ARGV")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if not any(not command.line.json for _, command in subject.own(Entrypoint)):
        return
    for stage in subject.stages:
        cmd = next((one for one in reversed(stage.commands) if isinstance(one, Cmd)), None)
        if cmd is None or not cmd.line.words:
            continue
        above = chain(subject, stage)
        every = [one for each in above for one in reversed(each.commands)]
        entrypoint = next((one for one in every if isinstance(one, Entrypoint)), None)
        if entrypoint is None or entrypoint.line.json or _READS.search(entrypoint.line.shell or ""):
            continue
        if any(isinstance(one, Shell) and not _plain(one) for one in every):
            continue
        message = "CMD goes unread: an ENTRYPOINT in shell form takes no arguments"
        help = 'write the ENTRYPOINT in JSON form, or end it with "$@"'
        yield Finding(cmd.span, message, help, ((entrypoint.span, "the ENTRYPOINT"),))


def _plain(shell: Shell) -> bool:
    """Whether it is a POSIX shell that takes its script from the next argument."""
    name = shell.words[0].rpartition("/")[2]
    return name in ("sh", "bash", "ash", "dash", "zsh", "ksh") and re.fullmatch(r"-\w*c", shell.words[-1]) is not None


RULE = Rule(
    code="DF227",
    name="unread-cmd",
    summary="Let the ENTRYPOINT take the CMD",
    why="An ENTRYPOINT in shell form runs as `/bin/sh -c 'app'`. What CMD and the command line of `docker run` say "
    "comes behind that as arguments of the shell, which hands them to nobody. In JSON form the program gets them.\n\n"
    'A script that reads its arguments (`ENTRYPOINT exec app "$@"`) is left alone; mind that the first of them '
    "is `$0` there.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Never read", 'FROM debian:13\nENTRYPOINT app --serve\n⟦CMD ["--port", "80"]⟧\n', message="unread"),
        Example("From a stage", "FROM debian:13 AS base\nENTRYPOINT app\nFROM base\n⟦CMD serve⟧\n"),
        Example("JSON form", 'FROM debian:13\nENTRYPOINT ["app"]\nCMD ["--port", "80"]\n'),
        Example("Its script reads them", 'FROM debian:13\nENTRYPOINT exec app "$0" "$@"\nCMD ["--port", "80"]\n'),
        Example("Another shell", 'FROM debian:13\nSHELL ["app", "-x"]\nENTRYPOINT serve\nCMD ["80"]\n'),
        Example("Nothing to read", "FROM debian:13\nENTRYPOINT app\nCMD []\n"),
    ),
    words=("entrypoint",),
    links=("https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact",),
)
