"""Rule DF234: a stop signal that gives no time to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Stopsignal
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


_HARD = {"KILL": "kills", "9": "kills", "STOP": "freezes", "19": "freezes"}


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, command in subject.each(Stopsignal):
        name = command.signal.text.strip("\"'").upper().removeprefix("SIG")
        if name in _HARD:
            message = f"{command.signal.text} {_HARD[name]} the program, which cannot end its work"
            yield Finding(command.signal.span, message, "take a signal that the program handles, such as SIGTERM")


RULE = Rule(
    code="DF234",
    name="hard-stop-signal",
    summary="Stop containers with a signal that programs can handle",
    why="`docker stop` and Kubernetes send this signal, wait, and then kill. SIGKILL from the start takes from the "
    "program the time to answer requests and to write what it holds; SIGSTOP freezes it, so that each stop lasts "
    "for the whole wait. Neither can be handled by any program.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Killed", "FROM scratch\nSTOPSIGNAL ⟦SIGKILL⟧\n", message="kills"),
        Example("By number, or without SIG", "FROM scratch\nSTOPSIGNAL ⟦9⟧\nSTOPSIGNAL ⟦stop⟧\n"),
        Example("It can be handled", "FROM scratch\nSTOPSIGNAL SIGQUIT\n"),
        Example("From outside", "FROM scratch\nARG S=SIGKILL\nSTOPSIGNAL $S\n"),
    ),
    words=("stopsignal",),
    links=("https://docs.docker.com/reference/dockerfile/#stopsignal",),
)
