"""Rule DF270: dnf that asks."""

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
    yield from dnf_asks(subject, "dnf", "dnf5")


RULE = Rule(
    code="DF270",
    name="dnf-yes",
    summary="Tell dnf not to ask",
    why="dnf asks before it does anything. In a build there is nobody to answer: it reads the end of its input, takes "
    "that for a no, and the build stops. `microdnf` mostly takes everything for a yes and is left alone."
    "\n\nNothing is reported where the answer comes through a pipe, or where the file sets `assumeyes`.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Nobody says yes",
            "FROM fedora:42\nRUN dnf ⟦install⟧ git\n",
            "FROM fedora:42\nRUN dnf install -y git\n",
            safe=False,
        ),
        Example("Yes is said", "FROM fedora:42\nRUN dnf -y install git && dnf upgrade --assumeyes\n"),
        Example("microdnf does not ask", "FROM redhat/ubi9-minimal\nRUN microdnf install git\n"),
        Example("A look at groups", "FROM fedora:42\nRUN dnf group list && dnf module list nodejs\n"),
    ),
    twins=("hadolint:DL3038",),
    words=("dnf",),
)
