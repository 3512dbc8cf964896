"""Which variables change from build to build, and whether one may move down at all; asked before any proof."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run
from bakegen.rules.cache._understood import may_be_understood
from bakegen.rules.offers import offered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Command
    from bakegen.rewrites.model import Proposal
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding

_VOLATILE = re.compile(
    r"(?:^|_)(?:COMMIT|SHA|HASH|REVISION|REV|REF|BUILD|BUILD_?(?:ID|DATE|NUMBER|NUM|TIME)|DATE|TIME|TIMESTAMP|RELEASE"
    r"|CACHE_?(?:BUST|DATE)|GIT_?\w*|VCS_\w+)$",
    re.IGNORECASE,
)
_STEADY = ("TARGET", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "DEBIAN_FRONTEND")


def is_volatile(name: str) -> bool:
    """Whether a variable's name says that its value changes with nearly every build."""
    return _VOLATILE.search(name) is not None


def is_steady(name: str) -> bool:
    """Whether a variable surely has one value for all builds of one platform."""
    return name.startswith(_STEADY) or name.upper().endswith("_PROXY")


def may_sink(subject: DockerfileSubject, stage: Stage, command: Command, names: Iterable[str]) -> bool:
    """Whether a RUN stands below an instruction, and the first one may be understood and does not name what that sets.

    Args:
        subject: the Dockerfile.
        stage: the stage.
        command: the ARG or ENV.
        names: the variables that it sets.
    """
    below = stage.commands[stage.commands.index(command) + 1 :]
    run = next((one for one in below if isinstance(one, Run)), None)
    if run is None:
        return False
    text = run.node.original + "".join(document.body for document in run.heredocs)
    return not any(name in text for name in names) and may_be_understood(subject, run)


def sunk(subject: DockerfileSubject, rewrite: str, names: Mapping[int, tuple[str, ...]]) -> Iterator[Finding]:
    """What a rewrite would move down of some instructions; those that change with nearly every build are warnings.

    Args:
        subject: the Dockerfile.
        rewrite: ``sink-arg`` or ``sink-env``.
        names: where each of the instructions begins -> the variables that it sets.
    """
    if not names:
        return

    def message(proposal: Proposal) -> str:
        keyword = rewrite.removeprefix("sink-").upper()
        return f"{keyword} {' '.join(names[proposal.span.start])} stands above a RUN that does not look at it"

    for one in offered(
        subject,
        rewrite,
        "Move it down to its first reader",
        message,
        also=lambda proposal: proposal.span.start in names,
    ):
        often = any(is_volatile(name) for name in names[one.span.start])
        yield replace(one, severity=Severity.WARNING if often else Severity.NOTE)
