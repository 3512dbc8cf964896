"""Rule DF226: several files copied to what may be no directory."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run, Transfer, Workdir
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.practice._stages import chain
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject

_TOP = "bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var"
_BELOW = r"usr/(?:local/)?(?:bin|etc|include|lib|sbin|share|src)|usr/local|var/(?:cache|lib|log|run|spool|tmp)"
_USUAL = re.compile(f"{_TOP}|{_BELOW}")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        for command in stage.commands:
            if not isinstance(command, Transfer) or len(command.sources) + len(command.files) < 2:
                continue
            written = command.destination.text
            target = written.strip("\"'")
            if "$" in target or target.endswith(("/", "\\")) or posixpath.basename(target) in ("", ".", ".."):
                continue
            if command.sources and command.sources[0].text.strip("\"'").endswith(("/", ".")):
                continue  # a directory makes the destination one
            if not _is_directory(subject, stage, command, target):
                message = f"unless {target} is a directory already, every file replaces the one before it there"
                yield Finding(command.destination.span, message, f"write {target}/", fix=_slash(command, target))


def _slash(command: Transfer, target: str) -> Fix | None:
    span = command.destination.span
    text = command.destination.text
    end = span.end - (1 if command.node.json is not None or text[-1:] in "\"'" else 0)
    if span.end - span.start - (2 if command.node.json is not None else 0) != len(text):
        return None
    why = f"where {target} was no directory it was one file, the last of them, and becomes a directory with all of them"
    return Fix((Edit(Span(end, end), "/"),), "Add the slash", False, why)


def _is_directory(subject: DockerfileSubject, stage: Stage, command: Transfer, target: str) -> bool:
    """Whether a destination surely or most likely is one: it was made above, or every system has it."""
    path = posixpath.normpath(target).strip("/")
    above = chain(subject, stage)
    root = above[-1].start.image.text
    if target.startswith("/") and _USUAL.fullmatch(path) and root != "scratch":
        return True
    last = posixpath.basename(path)
    for one in above:
        for other in one.commands:
            if other is command:
                break
            if isinstance(other, Workdir) and last in other.path.text:
                return True
            if isinstance(other, Transfer) and last in other.destination.text:
                return True
            if isinstance(other, Run) and last in subject.slice(other.node.span):
                return True
    facts = subject.evidence.bases.get(root)
    if facts is not None:
        return facts.is_directory("/" + path) is not False
    return False


RULE = Rule(
    code="DF226",
    name="many-to-one",
    summary="End the destination of several files with a slash",
    why="The documentation asks for it, and BuildKit does not check: where the destination is no directory yet, "
    "`COPY a b /dst` makes one file `/dst` out of `a` and then replaces it by `b`. The build says nothing.\n\n"
    "A destination that an earlier instruction names, or that every system has, is taken for a directory, and "
    "`.` is one always. hadolint wants the slash there, too.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Two files",
            "FROM debian:13\nCOPY a b ⟦/dst⟧\n",
            "FROM debian:13\nCOPY a b /dst/\n",
            safe=False,
            message="/dst",
        ),
        Example(
            "JSON form",
            'FROM scratch\nCOPY ["a", "b", ⟦"/etc"⟧]\n',
            'FROM scratch\nCOPY ["a", "b", "/etc/"]\n',
            safe=False,
        ),
        Example(
            "Below the working directory",
            "FROM debian:13\nWORKDIR /app\nCOPY a b ⟦src⟧\n",
            "FROM debian:13\nWORKDIR /app\nCOPY a b src/\n",
            safe=False,
        ),
        Example("The working directory", "FROM debian:13\nWORKDIR /app\nCOPY a b .\nCOPY a b /app\n"),
        Example("A slash", "FROM debian:13\nCOPY a b /dst/\n"),
        Example("A directory comes first", "FROM debian:13\nCOPY src/ b /dst\n"),
        Example("One source", "FROM debian:13\nCOPY a /dst\n"),
        Example("Made before", "FROM debian:13\nRUN mkdir -p /dst\nCOPY a b /dst\nCOPY a b /etc\n"),
        Example("From outside", "FROM debian:13\nARG DIR\nCOPY a b $DIR\n"),
    ),
    twins=("hadolint:DL3021",),
    words=("copy", "add"),
    links=("https://docs.docker.com/reference/dockerfile/#copy",),
)
