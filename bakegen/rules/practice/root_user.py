"""Rule DF202: an image whose last USER is root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Cmd, Entrypoint, User
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject

_DROPS = ("gosu", "su-exec", "setpriv", "s6-setuidgid", "chroot --userspec", "runuser", "su -", "start-stop-daemon")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    stages = chain(subject)
    last = next(
        (one for stage in stages for one in reversed(stage.commands) if isinstance(one, User)),
        None,
    )
    if last is None or _name(last.user.text) not in ("root", "0") or any(_drops(stage) for stage in stages):
        return
    message = f"the image runs as {last.user.text}"
    yield Finding(last.user.span, message, "go back to a USER without rights once the work of root is done")


def _name(user: str) -> str:
    return user.strip("\"'").partition(":")[0]


def _drops(stage: Stage) -> bool:
    """Whether the image's own command becomes another user by itself."""
    return any(
        word in " ".join(command.line.words)
        for command in stage.commands
        if isinstance(command, Entrypoint | Cmd)
        for word in _DROPS
    )


RULE = Rule(
    code="DF202",
    name="root-user",
    summary="Let images run as somebody other than root",
    why="Who breaks out of a process of root is root in the container, and all but root on the host where user "
    "namespaces are off. `USER root` is right for the steps that need it; behind them the user should be changed "
    "back.\n\n"
    "Only the image that the file ends with is looked at: a build stage may be root to its end, nobody runs it. "
    "An image whose ENTRYPOINT or CMD drops its rights itself (`gosu`, `su-exec`, `setpriv`, …) may begin as "
    "root, as may one that has no USER: what its base says is not known. hadolint looks at every stage by itself.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Root to the end",
            'FROM jenkins/agent:3\nUSER ⟦root⟧\nRUN apt-get update\nCMD ["agent"]\n',
            message="runs as root",
        ),
        Example("By number, with a group", "FROM node:22\nUSER node\nUSER ⟦0:0⟧\nRUN make\n"),
        Example("From a stage", 'FROM node:22 AS base\nUSER ⟦root⟧\nFROM base\nCMD ["node"]\n'),
        Example("Changed back", "FROM node:22\nUSER root\nRUN make\nUSER node\n"),
        Example("A stage that nobody runs", "FROM node:22 AS build\nUSER root\nRUN make\nFROM node:22\nUSER node\n"),
        Example(
            "It drops its rights itself", 'FROM redis:8\nUSER root\nENTRYPOINT ["gosu", "redis", "redis-server"]\n'
        ),
        Example("A user from outside", "FROM node:22\nARG USER=root\nUSER $USER\n"),
    ),
    twins=("hadolint:DL3002",),
    words=("user",),
    links=("https://docs.docker.com/build/building/best-practices/#user",),
)
