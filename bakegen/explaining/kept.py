"""Chains of one plan at many commits: those of a target are made again only where what it reads differs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bakegen.explaining.chains import Chains

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.explaining.chains import Reads
    from bakegen.explaining.model import Files, StageChain
    from bakegen.plan.keys import SourcePattern
    from bakegen.plan.model import Target
    from bakegen.text import Location, Source

Call = tuple[str, "Source | None", "SourcePattern", "Location | None"]
"""What was asked of `Reads.files`."""


@dataclass
class _Listening:
    """Reads files and writes down which."""

    reads: Reads
    calls: list[Call] = field(default_factory=list)

    def files(self, folder: str, ignore: Source | None, pattern: SourcePattern, place: Location | None) -> Files:
        self.calls.append((folder, ignore, pattern, place))
        return self.reads.files(folder, ignore, pattern, place)


@dataclass
class KeptChains(Chains):
    """The chains of a plan, for `side` to be asked at one commit after the other; `reads` reads the one that is shown.

    What a target reads is told by its Dockerfile and by what its parents are, not by what is in files.
    """

    _calls: dict[str, tuple[Call, ...]] = field(default_factory=dict)
    _known: dict[tuple[object, ...], tuple[tuple[StageChain, ...], dict[tuple[str, str], Any]]] = field(
        default_factory=dict
    )

    def _target(self, target: Target) -> Iterable[StageChain]:
        above = tuple(
            (name, at, made.state)
            for parent in target.parents
            for (name, at), made in self._ends.items()
            if name == parent.target
        )
        if target.name in self._calls:
            key = (target.name, above, *(tuple(self.reads.files(*call).items()) for call in self._calls[target.name]))
            if key in self._known:
                stages, ends = self._known[key]
                self._ends.update(ends)
                return stages
        listening = _Listening(self.reads)
        self.reads = listening
        try:
            stages = tuple(super()._target(target))
        finally:
            self.reads = listening.reads
        self._calls[target.name] = tuple(listening.calls)
        key = (target.name, above, *(tuple(self.reads.files(*call).items()) for call in listening.calls))
        self._known[key] = stages, {at: made for at, made in self._ends.items() if at[0] == target.name}
        return stages
