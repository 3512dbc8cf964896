"""Rule DF253: packages of Debian or Ubuntu without a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._apt import apt, packages
from bakegen.rules.practice._pins import WHY, unpinned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for action in apt(subject, "install"):
        loose = [word for word in packages(action) if "=" not in word.text]
        yield from unpinned(loose, "installs", "{}=VERSION")


RULE = Rule(
    code="DF253",
    name="apt-pin",
    summary="Give the versions of packages that apt-get installs",
    why=WHY.format(
        where="Debian's and Ubuntu's archives hold only the newest version of a package in a release",
        instead="a dated archive (snapshot.debian.org, snapshot.ubuntu.com)",
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Any version", "FROM debian:13\nRUN apt-get install -y ⟦curl git⟧\n"),
        Example("One with, one without", "FROM debian:13\nRUN apt-get install -y curl=8.14.1-2 ⟦git⟧\n"),
        Example("A version", "FROM debian:13\nRUN apt-get install -y curl=8.14.1-2\n"),
        Example("A file, and a package to take away", "FROM debian:13\nRUN apt-get install -y ./tool.deb vim-\n"),
        Example("From another release", "FROM debian:13\nRUN apt-get install -y -t trixie-backports git/trixie\n"),
        Example("A list in a variable", "FROM debian:13\nRUN apt-get install -y $PACKAGES\n"),
    ),
    twins=("hadolint:DL3008",),
    words=("apt",),
    default=False,
)
