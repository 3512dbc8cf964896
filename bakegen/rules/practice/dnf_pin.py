"""Rule DF272: packages that dnf installs without a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._commands import actions
from bakegen.rules.practice._pins import WHY, unpinned
from bakegen.rules.practice._rpm import DNF_VALUED, loose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in actions(subject, ("dnf", "dnf5", "microdnf"), ("install", "in"), DNF_VALUED):
        yield from unpinned(loose(action), "installs", "{}-VERSION")


RULE = Rule(
    code="DF272",
    name="dnf-pin",
    summary="Give the versions of packages that dnf installs",
    why=WHY.format(
        where="Fedora's update repositories hold only the newest version of a package",
        instead="a mirror that keeps what it had",
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Any version", "FROM fedora:42\nRUN dnf install -y ⟦git curl⟧ && dnf clean all\n"),
        Example("A version", "FROM fedora:42\nRUN dnf install -y git-2.49.0\n"),
        Example("A file", "FROM fedora:42\nRUN dnf install -y ./tool.rpm\n"),
        Example("A group", "FROM fedora:42\nRUN dnf install -y @development-tools\n"),
        Example("A list in a variable", "FROM fedora:42\nRUN dnf install -y $PACKAGES\n"),
    ),
    twins=("hadolint:DL3041",),
    words=("dnf",),
    default=False,
)
