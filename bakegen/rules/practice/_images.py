"""The images from outside the file that a Dockerfile names, for the rules about tags and registries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy, Run
from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.references import Reference
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.text import Span


@dataclass(frozen=True, slots=True)
class Used:
    """A name that stands where an image can stand, and means no stage.

    Attributes:
        name: as it is written.
        span: where.
        origin: ``FROM``, ``COPY --from`` or ``mount``.
        stage: the stage that it stands in.
    """

    name: str
    span: Span
    origin: str
    stage: Stage

    @property
    def reference(self) -> Reference | None:
        """The name taken apart; None where it holds variables or is no reference."""
        try:
            return None if "$" in self.name else parse_reference(self.name)
        except ReferenceError:
            return None

    @property
    def plain(self) -> bool:
        """Whether it is a word alone, which may well be a named context."""
        return not any(char in self.name for char in "/:@$")


def outside(subject: DockerfileSubject) -> Iterator[Used]:
    """Every name of an image from outside, in the order of the file; ``scratch`` and known contexts are none."""
    yield from (used for used in _all_outside(subject) if not subject.replaced(used.name))


def _all_outside(subject: DockerfileSubject) -> Iterator[Used]:
    # --from knows all stages, in any case; FROM only those above it, whose names are in lower case.
    every = {stage.name for stage in subject.stages if stage.name}
    above = {"scratch"}
    for stage in subject.stages:
        image = stage.start.image
        if image.text not in above:
            yield Used(image.text, image.span, "FROM", stage)
        above.add(stage.name)
        for command in stage.commands:
            if isinstance(command, Copy) and command.source_stage is not None:
                name, span = command.source_stage.text, command.source_stage.span
                if name.lower() not in every and not name.lstrip("+-").isdigit():
                    yield Used(name, span, "COPY --from", stage)
            elif isinstance(command, Run):
                for mount in command.mounts:
                    source = mount.source_stage
                    if source and source != "scratch" and source.lower() not in every:
                        yield Used(source, _of_mount(subject, mount.span, source), "mount", stage)


def _of_mount(subject: DockerfileSubject, span: Span, name: str) -> Span:
    """The name within a mount, the mount where it is split over lines."""
    from bakegen.text import Span

    at = subject.slice(span).find("from=" + name)
    return span if at < 0 else Span(span.start + at + 5, span.start + at + 5 + len(name))
