"""Rule DF251: ``cd`` where WORKDIR is meant."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.shell.syntax import AndOr, Sequence, Simple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import RunScript, ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    leading: dict[tuple[int, str], list[ShellCall]] = {}
    for script in subject.scripts:
        if not any(call.name == "cd" for call in script.calls) or script.tree is None:
            continue
        call = script.calls[0]
        if _is_last(script, script.calls[-1]):
            message = "cd at the end of a RUN changes nothing: each RUN begins in the directory of WORKDIR"
            yield Finding(script.calls[-1].span, message, "use WORKDIR, or leave it out", severity=Severity.WARNING)
        elif call.name == "cd" and _goes_on(script.tree, call) and not _comes_back(script):
            path = call.texts[0] if len(call.texts) == 1 else ""
            if path.startswith("/"):
                leading.setdefault((script.stage, posixpath.normpath(path)), []).append(call)
    for (_, path), calls in leading.items():
        for call in calls if len(calls) > 1 else ():
            message = f"{len(calls)} RUNs of this stage begin with cd {path}"
            yield Finding(call.span, message, f"say WORKDIR {path} once")


def _is_last(script: RunScript, call: ShellCall) -> bool:
    """Whether a cd is the very last thing that a RUN does, in its own shell."""
    if call.name != "cd" or call.nested or call.tree is None or script.tree is None:
        return False
    last = script.tree.items[-1] if script.tree.items else None
    if isinstance(last, AndOr):
        last = last.rest[-1][1] if last.rest[-1][0] == "&&" else None
    return last is call.tree


def _goes_on(tree: Sequence, call: ShellCall) -> bool:
    """Whether a cd is the first command, and not in a shell of its own."""
    first = tree.items[0] if tree.items else None
    if isinstance(first, AndOr):
        first = first.first
    return isinstance(first, Simple) and first is call.tree


def _comes_back(script: RunScript) -> bool:
    """Whether a RUN goes elsewhere later, or takes away or makes what it stands in, which WORKDIR cannot."""
    return any(call.name in ("cd", "pushd", "rm", "rmdir", "mv") for call in script.calls[1:])


RULE = Rule(
    code="DF251",
    name="change-directory",
    summary="Use WORKDIR where cd is said again and again, or to no effect",
    why="Each RUN begins in the directory of the last WORKDIR: a `cd` at the end of a RUN is forgotten. Where several "
    "RUNs of a stage begin with the same `cd`, one WORKDIR says it once, and the directory is made where it is "
    "missing. It counts until the next WORKDIR, also for COPY, CMD and the container itself, and that is why a single "
    "`cd` in front of some commands is *not* reported here, unlike elsewhere: going to `/tmp/src` to build something, "
    "and removing it in the same RUN, is right, and WORKDIR would leave the directory in the image and in its config.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("To no effect", "FROM debian:13\nRUN mkdir /app && ⟦cd /app⟧\nRUN make\n"),
        Example("Again and again", "FROM debian:13\nRUN ⟦cd /app⟧ && make\nRUN ⟦cd /app/⟧ && make install\n"),
        Example("Once", "FROM debian:13\nRUN cd /app && make\nRUN cd /lib && make\n"),
        Example(
            "Something to build and remove", "FROM debian:13\nRUN cd /src && make\nRUN cd /src && make && rm -rf /src\n"
        ),
        Example("In a shell of its own", "FROM debian:13\nRUN (cd /app && make) && (cd /app)\nRUN (cd /app && make)\n"),
        Example("In another stage", "FROM debian:13 AS a\nRUN cd /app && make\nFROM a\nRUN cd /app && make\n"),
    ),
    twins=("hadolint:DL3003",),
    words=("cd",),
)
