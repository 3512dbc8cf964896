"""All instructions in the order and the stages in which BuildKit carries them out; used by the rules of this folder.

``docker build --check`` looks at every stage. An instruction that an ONBUILD of the base triggered is reported at the
FROM that triggered it. Source: dispatchStages and initOnBuildTriggers in BuildKit's dockerfile2llb/convert.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Command
    from bakegen.dockerfile.resolve import ResolvedStage
    from bakegen.dockerfile.steps import Step
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.text import Span

_ONLY_PATH = frozenset(
    f"library/{name}"
    for name in ("almalinux", "alpine", "amazonlinux", "busybox", "centos", "debian", "rockylinux", "ubuntu")
)
"""Images of Docker Hub whose config has no variable but PATH, neither a shell nor triggers, whatever their tag."""


@dataclass(frozen=True, slots=True)
class Done:
    """An instruction carried out in a stage.

    Attributes:
        stage: the stage.
        step: the instruction with values.
        own: whether it stands in the stage, and was not triggered by its base.
    """

    stage: ResolvedStage
    step: Step
    own: bool

    def span(self, own: Span | None = None) -> Span:
        """Where to report: `own`, or the instruction, where it stands in the stage; else the FROM."""
        if not self.own:
            return self.stage.stage.span
        return own or self.step.command.span

    def label(self, subject: DockerfileSubject) -> tuple[tuple[Span, str], ...]:
        """The ONBUILD that triggered it, where that is in the file."""
        command = self.step.command
        base = self.stage.base
        if self.own or base is None or all(command is not getattr(one, "trigger", None) for one in base.stage.commands):
            return ()
        return ((command.span, f"triggered by ONBUILD in {base.stage.label}"),)


def carried_out(subject: DockerfileSubject, *kinds: type[Command]) -> Iterator[Done]:
    """The instructions of all stages, those of some kinds only."""
    for stage in subject.every_stage:
        for step in stage.steps:
            if isinstance(step.command, kinds):
                yield Done(stage, step, not step.triggered)


def root(stage: ResolvedStage) -> ResolvedStage:
    """The stage of the file that a stage builds on in the end."""
    while stage.base is not None:
        stage = stage.base
    return stage


def environment_known(stage: ResolvedStage) -> bool:
    """Whether all variables of the image that a stage builds on are known: from evidence, or by what it is."""
    first = root(stage)
    if first.kind == "scratch" or first.base_known:
        return True
    try:
        found = parse_reference(first.image)
    except ReferenceError:
        return False
    return found.domain == "docker.io" and found.path in _ONLY_PATH
