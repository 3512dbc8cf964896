"""Rule DF269: packages that zypper installs without a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._commands import actions
from bakegen.rules.practice._pins import WHY, unpinned
from bakegen.rules.practice._rpm import ZYPPER_VALUED, unversioned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in actions(subject, ("zypper",), ("install", "in"), ZYPPER_VALUED):
        yield from unpinned(unversioned(action), "installs", "{}=VERSION")


RULE = Rule(
    code="DF269",
    name="zypper-pin",
    summary="Give the versions of packages that zypper installs",
    why=WHY.format(
        where="many repositories of openSUSE drop a version when the next one comes",
        instead="a mirror that keeps what it had",
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Any version", "FROM opensuse/leap:15.6\nRUN zypper install -y ⟦git curl⟧ && zypper clean all\n"),
        Example("A version", "FROM opensuse/leap:15.6\nRUN zypper install -y git=2.43.0 'curl>8'\n"),
        Example("A file", "FROM opensuse/leap:15.6\nRUN zypper install -y ./tool.rpm\n"),
        Example("A list in a variable", "FROM opensuse/leap:15.6\nRUN zypper install -y $PACKAGES\n"),
    ),
    twins=("hadolint:DL3037",),
    words=("zypper",),
    default=False,
)
