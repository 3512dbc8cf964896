"""Rule DF236: a SHELL that takes commands for the names of scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Cmd, Entrypoint, Run, Shell
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh"))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, command in subject.own(Shell):
        program = command.words[0].rpartition("/")[2]
        options = [word for word in command.words[1:] if word.startswith("-") and not word.startswith("--")]
        if program not in _SHELLS or any("c" in word or "s" in word for word in options):
            continue
        behind = stage.commands[stage.commands.index(command) + 1 :]
        used = next((one for one in behind if isinstance(one, Run | Cmd | Entrypoint | Shell)), None)
        if used is None or isinstance(used, Shell) or used.line.json:
            continue
        if len((used.line.shell or "").split()) < 2:
            continue  # the name of a script, as it may be meant
        message = f"without -c {program} takes the text of {used.name} for the name of a script"
        yield Finding(command.span, message, 'end the SHELL with "-c"', ((used.span, "run like that"),))


RULE = Rule(
    code="DF236",
    name="shell-without-c",
    summary="End SHELL with -c",
    why='BuildKit puts the whole text of a RUN behind the words of SHELL, as one argument. `SHELL ["/bin/bash", '
    "\"-eux\"]` so runs `bash -eux 'apt-get update'`, which looks for a file of that name and fails.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("No -c", 'FROM debian:13\n⟦SHELL ["/bin/bash", "-eux"]⟧\nRUN make all\n', message="name of a script"),
        Example("An option with a value", 'FROM debian:13\n⟦SHELL ["bash", "-o", "pipefail"]⟧\nCMD make all\n'),
        Example("With -c", 'FROM debian:13\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN make all\n'),
        Example("Among others", 'FROM debian:13\nSHELL ["/bin/bash", "-euxo", "pipefail", "-lc"]\nRUN make all\n'),
        Example("Not used", 'FROM debian:13\nSHELL ["/bin/bash", "-eux"]\nRUN ["make"]\n'),
        Example("A script", 'FROM debian:13\nSHELL ["/bin/bash", "-eux"]\nRUN /setup.sh\n'),
        Example("No such shell", 'FROM debian:13\nSHELL ["/usr/bin/env"]\nRUN make all\n'),
    ),
    words=("shell",),
    links=("https://docs.docker.com/reference/dockerfile/#shell",),
)
