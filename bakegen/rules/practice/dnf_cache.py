"""Rule DF271: dnf's cache stays in the image."""

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
    yield from dnf_leaves(subject, "dnf", "dnf5", "microdnf")


RULE = Rule(
    code="DF271",
    name="dnf-cache",
    summary="Leave dnf's cache out of the image",
    why="dnf keeps the metadata of repositories, tens of megabytes, in `/var/cache/libdnf5` (`/var/cache/dnf` before "
    "dnf5). In a layer that is weight that is out of date tomorrow, and a later RUN cannot make the layer smaller "
    "again: the RUN that fills the cache has to empty it.\n\nThe better way is a cache mount, `RUN "
    "--mount=type=cache,target=/var/cache/libdnf5,sharing=locked …`: then the next build finds it again, and it is in "
    "no layer. Cleaning would empty the cache for all builds, so nothing is reported there. Nor in stages that the "
    "last one is not built FROM: what is not copied out of them is in no image.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The cache stays",
            "FROM fedora:42\nRUN ⟦dnf install -y git⟧\n",
            "FROM fedora:42\nRUN dnf install -y git && dnf clean all\n",
            safe=False,
        ),
        Example("Cleaned too early", "FROM fedora:42\nRUN dnf clean all; ⟦dnf install -y git⟧\n"),
        Example("Cleaned", "FROM fedora:42\nRUN dnf install -y git && dnf clean all\n"),
        Example("microdnf", "FROM redhat/ubi9-minimal\nRUN ⟦microdnf install git⟧; microdnf remove vim\n"),
        Example(
            "In a cache mount", "FROM fedora:42\nRUN --mount=type=cache,target=/var/cache/libdnf5 dnf install -y git\n"
        ),
        Example("Removed", "FROM fedora:42\nRUN dnf install -y git && rm -rf /var/cache/libdnf5/* /tmp/*\n"),
        Example(
            "Only files are taken from the stage",
            "FROM fedora:42 AS build\nRUN dnf install -y gcc\nFROM fedora:42\nCOPY --from=build /x /x\n",
        ),
    ),
    twins=("hadolint:DL3040",),
    words=("dnf",),
)
