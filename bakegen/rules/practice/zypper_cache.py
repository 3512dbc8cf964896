"""Rule DF268: zypper's cache stays in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._rpm import zypper_leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from zypper_leaves(subject)


RULE = Rule(
    code="DF268",
    name="zypper-cache",
    summary="Leave zypper's cache out of the image",
    why="zypper keeps the metadata of repositories, tens of megabytes, in `/var/cache/zypp`. In a layer that is "
    "weight that is out of date tomorrow, and a later RUN cannot make the layer smaller again: the RUN that fills the "
    "cache has to empty it.\n\nThe better way is a cache mount, `RUN "
    "--mount=type=cache,target=/var/cache/zypp,sharing=locked …`: then the next build finds it again, and it is in no "
    "layer. Cleaning would empty the cache for all builds, so nothing is reported there. Nor in stages that the last "
    "one is not built FROM: what is not copied out of them is in no image.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The cache stays",
            "FROM opensuse/leap:15.6\nRUN ⟦zypper install -y git⟧\n",
            "FROM opensuse/leap:15.6\nRUN zypper install -y git && zypper clean --all\n",
            safe=False,
        ),
        Example("Cleaned too early", "FROM opensuse/leap:15.6\nRUN zypper clean --all; ⟦zypper install -y git⟧\n"),
        Example("Cleaned", "FROM opensuse/leap:15.6\nRUN zypper install -y git && zypper clean --all\n"),
        Example("The short word", "FROM opensuse/leap:15.6\nRUN zypper -n in git && zypper cc -a\n"),
        Example(
            "In a cache mount",
            "FROM opensuse/leap:15.6\nRUN --mount=type=cache,target=/var/cache/zypp zypper install -y git\n",
        ),
        Example("Removed", "FROM opensuse/leap:15.6\nRUN zypper install -y git && rm -rf /var/cache/zypp/* /tmp/*\n"),
        Example(
            "Only files are taken from the stage",
            "FROM opensuse/leap:15.6 AS build\nRUN zypper install -y gcc\nFROM opensuse/leap:15.6\n"
            "COPY --from=build /x /x\n",
        ),
    ),
    twins=("hadolint:DL3036",),
    words=("zypper",),
)
