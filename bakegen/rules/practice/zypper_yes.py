"""Rule DF266: zypper that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._rpm import zypper_asks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from zypper_asks(subject)


RULE = Rule(
    code="DF266",
    name="zypper-yes",
    summary="Tell zypper not to ask",
    why="zypper asks before it installs or removes anything. In a build there is nobody to answer: it reads the end of "
    "its input, and the build stops. `--non-interactive` (`-n`) before the command answers all questions with their "
    "default, `-y` behind it says yes to the main one.\n\nNothing is reported where the answer comes through a pipe.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Nobody says yes",
            "FROM opensuse/leap:15.6\nRUN zypper ⟦install⟧ git\n",
            "FROM opensuse/leap:15.6\nRUN zypper --non-interactive install git\n",
            safe=False,
        ),
        Example("Yes is said", "FROM opensuse/leap:15.6\nRUN zypper in -y git && zypper rm --no-confirm vim\n"),
        Example("Not interactive", "FROM opensuse/leap:15.6\nRUN zypper -n in git && zypper --non-interactive up\n"),
        Example("Nothing is asked", "FROM opensuse/leap:15.6\nRUN zypper lr && zypper search git\n"),
    ),
    twins=("hadolint:DL3034",),
    words=("zypper",),
)
