"""Rule DF264: yum's cache stays in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._rpm import dnf_leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from dnf_leaves(subject, "yum")


RULE = Rule(
    code="DF264",
    name="yum-cache",
    summary="Leave yum's cache out of the image",
    why="yum keeps the metadata of repositories, tens of megabytes, in `/var/cache/yum`. In a layer that is weight "
    "that is out of date tomorrow, and a later RUN cannot make the layer smaller again: the RUN that fills the cache "
    "has to empty it.\n\nThe better way is a cache mount, `RUN "
    "--mount=type=cache,target=/var/cache/yum,sharing=locked …`: then the next build finds it again, and it is in no "
    "layer. Cleaning would empty the cache for all builds, so nothing is reported there. Nor in stages that the last "
    "one is not built FROM: what is not copied out of them is in no image.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The cache stays",
            "FROM rockylinux:8\nRUN ⟦yum install -y git⟧\n",
            "FROM rockylinux:8\nRUN yum install -y git && yum clean all\n",
            safe=False,
        ),
        Example("Cleaned too early", "FROM rockylinux:8\nRUN yum clean all; ⟦yum install -y git⟧\n"),
        Example("Cleaned", "FROM rockylinux:8\nRUN yum install -y git && yum clean all\n"),
        Example("Cleaned by dnf, which yum is", "FROM rockylinux:8\nRUN yum install -y git && dnf clean all\n"),
        Example(
            "In a cache mount", "FROM rockylinux:8\nRUN --mount=type=cache,target=/var/cache/yum yum install -y git\n"
        ),
        Example("Removed", "FROM rockylinux:8\nRUN yum install -y git && rm -rf /var/cache/yum/* /tmp/*\n"),
        Example(
            "Only files are taken from the stage",
            "FROM rockylinux:8 AS build\nRUN yum install -y gcc\nFROM rockylinux:8\nCOPY --from=build /x /x\n",
        ),
    ),
    twins=("hadolint:DL3032",),
    words=("yum",),
)
