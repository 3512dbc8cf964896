"""Rule DF265: packages that yum installs without a version."""

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
    for action in actions(subject, ("yum",), ("install",), DNF_VALUED):
        yield from unpinned(loose(action), "installs", "{}-VERSION")


RULE = Rule(
    code="DF265",
    name="yum-pin",
    summary="Give the versions of packages that yum installs",
    why=WHY.format(
        where="many repositories drop a version when the next one comes",
        instead="a mirror that keeps what it had",
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Any version", "FROM rockylinux:8\nRUN yum install -y ⟦git curl⟧ && yum clean all\n"),
        Example("A version", "FROM rockylinux:8\nRUN yum install -y git-2.43.5\n"),
        Example("A file", "FROM rockylinux:8\nRUN yum install -y ./tool.rpm\n"),
        Example("A group", "FROM rockylinux:8\nRUN yum install -y @development-tools\n"),
        Example("A list in a variable", "FROM rockylinux:8\nRUN yum install -y $PACKAGES\n"),
    ),
    twins=("hadolint:DL3033",),
    words=("yum",),
    default=False,
)
