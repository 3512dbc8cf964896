"""Rule BK110: ``WORKDIR app``."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.expand import ExpandError, expansion
from bakegen.dockerfile.instructions import Workdir
from bakegen.rules.buildkit._walk import carried_out, environment_known, root
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.buildkit._walk import Done
    from bakegen.rules.dockerfiles import DockerfileSubject

_PLAIN = re.compile(r"[\w./-]+")
_WINDOWS = re.compile(r"[A-Za-z]:|\\")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    # The first WORKDIR decides, also for the stages that are built on its stage.
    begun: set[int] = set()
    for done in carried_out(subject, Workdir):
        index, base = done.stage.stage.index, done.stage.base
        while base is not None and index not in begun:
            if any(isinstance(step.command, Workdir) for step in base.steps):
                begun.add(index)
            base = base.base
        if index not in begun and _is_relative(subject, done):
            command = done.step.command
            assert isinstance(command, Workdir)
            yield Finding(
                done.span(command.path.span),
                f"{command.path.text} is below whatever directory the base image has set",
                "write it from the root on",
                done.label(subject),
                _fix(done, command) if done.own else None,
            )
        begun.add(index)


def _is_relative(subject: DockerfileSubject, done: Done) -> bool:
    command = done.step.command
    assert isinstance(command, Workdir)
    try:
        found = expansion(command.path.text, done.step.environment, subject.dockerfile.escape)
    except ExpandError:
        return False
    if found.text.startswith("/") or _WINDOWS.match(found.text):
        return False
    # An image that nobody knows may set the variable to a whole path.
    return not found.unmatched or environment_known(done.stage)


def _fix(done: Done, command: Workdir) -> Fix | None:
    if not _PLAIN.fullmatch(command.path.text):
        return None
    path = posixpath.normpath(posixpath.join("/", done.step.directory, command.path.text))
    known = root(done.stage).base_known or root(done.stage).kind == "scratch"
    why = (
        f"the directory of the base image is {done.step.directory or '/'}"
        if known
        else "the base image may have set another directory than /"
    )
    return Fix((Edit(command.path.span, path),), f"Write {path}", known, why)


RULE = Rule(
    code="BK110",
    name="workdir-relative-path",
    summary="Begin with an absolute WORKDIR",
    why=(
        "A relative WORKDIR is taken from the one before it. The first of a stage is taken from what the base image "
        "says, often `/`, but nothing holds it to that: when the base sets another one, every path of the stage moves. "
        "Further relative ones are fine: they build on one that is in the file.\n\nPaths that begin with a drive "
        "letter or a backslash are taken for Windows'. A path that begins with a variable is reported only where it is "
        "known what the base image sets. The fix is safe where the directory of the base is known, from `scratch` or "
        "from the lock file."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The first one is relative",
            "FROM scratch\nWORKDIR ⟦./app⟧\nWORKDIR src\n",
            "FROM scratch\nWORKDIR /app\nWORKDIR src\n",
        ),
        Example(
            "A base that may have a directory",
            "FROM example.com/team/base\nWORKDIR ⟦app⟧\n",
            "FROM example.com/team/base\nWORKDIR /app\n",
            safe=False,
        ),
        Example("A variable with a relative path", "FROM busybox\nARG DIR=app\nWORKDIR ⟦$DIR⟧\n"),
        Example("An absolute one first", "FROM busybox\nWORKDIR /srv\nWORKDIR app\n"),
        Example("The base is a stage that has one", "FROM busybox AS base\nWORKDIR /srv\nFROM base\nWORKDIR app\n"),
        Example("A variable of an image that nobody knows", "FROM example.com/team/base\nWORKDIR $APP_HOME\n"),
        Example("A variable with an absolute path", "FROM busybox\nENV DIR=/app\nWORKDIR ${DIR}/src\n"),
        Example("Windows", "# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nWORKDIR C:\\app\n"),
    ),
    twins=("buildkit:WorkdirRelativePath", "hadolint:DL3000"),
    words=("workdir",),
    links=("https://docs.docker.com/reference/build-checks/workdir-relative-path/",),
)
