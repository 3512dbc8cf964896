"""Rule DF267: ``zypper dist-upgrade``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.practice._rpm import zypper_upgrades

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from zypper_upgrades(subject)


RULE = Rule(
    code="DF267",
    name="zypper-dist-upgrade",
    summary="Take a newer base image in place of zypper dist-upgrade",
    why="`zypper dist-upgrade` makes the system what its repositories hold: packages are also replaced by older ones, "
    "come from other vendors, or go. All of them are then in the image twice, in the base's layers and in this one. A "
    "newer base image is smaller and is what others have tried.\n\nOn openSUSE Tumbleweed it is the one right way to "
    "update, so nothing is reported where the name of the base says Tumbleweed; and it is a note, because a derived "
    "base may be one.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("An upgrade of everything", "FROM opensuse/leap:15.6\nRUN zypper -n ⟦dist-upgrade⟧\n"),
        Example("The short word", "FROM opensuse/leap:15.6\nRUN zypper ⟦dup⟧ -y\n"),
        Example("On Tumbleweed", "FROM opensuse/tumbleweed\nRUN zypper -n dup\n"),
        Example("Patches", "FROM opensuse/leap:15.6\nRUN zypper -n patch && zypper -n in dup\n"),
    ),
    twins=("hadolint:DL3035",),
    words=("zypper",),
)
