"""Rule DF263: yum that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._rpm import dnf_asks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from dnf_asks(subject, "yum")


RULE = Rule(
    code="DF263",
    name="yum-yes",
    summary="Tell yum not to ask",
    why="yum asks before it does anything. In a build there is nobody to answer: it reads the end of its input, takes "
    "that for a no, and the build stops.\n\nNothing is reported where the answer comes through a pipe, or where the "
    "file sets `assumeyes`.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Nobody says yes",
            "FROM rockylinux:8\nRUN yum ⟦install⟧ git\n",
            "FROM rockylinux:8\nRUN yum install -y git\n",
            safe=False,
        ),
        Example("Yes is said", "FROM rockylinux:8\nRUN yum -y install git && yum update --assumeyes\n"),
        Example("The pipe answers", "FROM rockylinux:8\nRUN yes | yum install git\n"),
        Example("Nothing is asked", "FROM rockylinux:8\nRUN yum clean all && yum makecache && yum group list\n"),
        Example(
            "Configured elsewhere", "FROM rockylinux:8\nRUN echo assumeyes=1 >>/etc/yum.conf\nRUN yum install git\n"
        ),
    ),
    twins=("hadolint:DL3030",),
    words=("yum",),
)
