"""The caches that a build writes: those of images when these are ready, with a bake of their own (decision 0015)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.bake.jsonfile import write_json
from bakegen.building.late_caches import caches_alone, inline_caches, without_caches, written_caches
from bakegen.building.model import CacheWritten, Event, Happening
from bakegen.building.progress import Progress
from bakegen.workspace.batches import bake_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bakegen.bake.model import BakeFile
    from bakegen.workspace.baking import BakeOrder
    from bakegen.workspace.batches import TargetDone
    from bakegen.workspace.preparing import Prepared


@dataclass
class LateCaches:
    """The caches of one build.

    Attributes:
        prepared: what is built.
        min_buildx: the oldest buildx that reads the bake files.
        late: the targets whose caches, or those of their platforms, are still to be written, after all images.
        written: what was written, by the image that it belongs to.
    """

    prepared: Prepared
    min_buildx: str
    late: set[str] = field(default_factory=set)
    written: dict[str, tuple[CacheWritten, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        files = self.prepared.rendering.meanings.values()
        self._entries, self._inline = written_caches(files), inline_caches(files)
        self._owners = {
            name: target.of for name, target in self.prepared.plan.targets.items() if target.of is not None
        } | {twin: name for name, twins in self.prepared.twins.items() for twin in twins}

    def images_alone(self, order: BakeOrder) -> BakeOrder:
        """`order` without the caches of those of its targets that are pushed; adds them to `late`."""
        own = self._own(order)
        self.late |= {*own, *(name for name in order.targets if self.prepared.twins.get(name))}
        return _laid_over(order, "images-alone.json", without_caches(own, self._inline), self.min_buildx)

    def _own(self, order: BakeOrder) -> list[str]:
        """The targets that would write their caches beside their images."""
        return [name for name in order.targets if name in self._entries and name in self.prepared.pushes]

    def references(self, name: str) -> tuple[str, ...]:
        """Where the caches of an image are written, with those of its stages and platforms."""
        plan, twins = self.prepared.plan, self.prepared.twins
        own = [one for target in (name, *plan.stages_of(name)) for one in (target, *twins.get(target, ()))]
        entries = (entry for one in own for entry in self._entries.get(one, ()))
        return tuple(dict.fromkeys(entry["ref"] for entry in entries if "ref" in entry))

    def write(
        self,
        order: BakeOrder,
        *,
        tell: Callable[[Event], None],
        done: Callable[[TargetDone], None],
        clock: Callable[[], float],
        retries: int,
        stages: Sequence[str] = (),
        follow: Callable[[Sequence[str], Progress], None] | None = None,
    ) -> None:
        """Writes the caches of `order.targets` that are late, and those of their platforms.

        Args:
            order: as the images were baked; the engine has all steps of its targets, unless there is `follow`.
            tell: told what happens to caches: steps of the phase "cache", `CACHED`.
            done: told each result; where it has ``ignore-error``, a cache that could not be written is no failure.
            clock: seconds since the build began.
            retries: as in `bake_all`.
            stages: targets of stages and their platforms that are baked with them.
            follow: for targets of which no image was baked: told of each bake's progress, whose steps are told then.

        Raises:
            EngineError: as `bake_all`.
        """
        own = self._own(order)
        names = (*own, *stages, *(twin for name in order.targets for twin in self.prepared.twins.get(name, ())))
        if not names:
            return
        listener = _Listener(self, order.targets, tell, clock, follow)
        order = _laid_over(replace(order, targets=names), "caches-alone.json", caches_alone(own), self.min_buildx)
        bake_all(order, {}, listener=listener, done=done, retried=lambda names, why, seconds: None, retries=retries)

    def hear(self, event: Event) -> Event:
        """What happens to a cache, as of the image that it belongs to, with its reference; keeps what was written."""
        image = event.target
        while image in self._owners:
            image = self._owners[image]
        if event.what is not Happening.CACHED:
            return replace(event, target=image)
        reference = next((entry["ref"] for entry in self._entries.get(event.target, ()) if "ref" in entry), "")
        seconds = event.facts.get("seconds")
        cache = CacheWritten(
            reference, str(event.facts.get("digest", "")), seconds if isinstance(seconds, float) else 0.0, event.at
        )
        self.written[image] = (*self.written.get(image, ()), cache)
        return replace(event, target=image, facts={**({"reference": reference} if reference else {}), **event.facts})


@dataclass(frozen=True, slots=True)
class _Listener:
    """Listens to the bake of caches: without `follow` what is told of its steps is known from the images."""

    caches: LateCaches
    images: Sequence[str]
    tell: Callable[[Event], None]
    clock: Callable[[], float]
    follow: Callable[[Sequence[str], Progress], None] | None

    def __call__(self, names: tuple[str, ...]) -> Callable[[str], None]:
        others = [name for name in self.images if name not in names]
        progress = Progress((*names, *others))
        if self.follow is not None:
            self.follow(names, progress)

        def listen(line: str) -> None:
            for event in progress.feed(line, self.clock()):
                if event.target in names and self._is_told(event):
                    self.tell(self.caches.hear(event))

        return listen

    def _is_told(self, event: Event) -> bool:
        of_cache = self.follow is not None or event.facts.get("phase") == "cache"
        return event.what is Happening.CACHED or (event.what is Happening.STEP and of_cache)


def _laid_over(order: BakeOrder, name: str, file: BakeFile, min_buildx: str) -> BakeOrder:
    """`order` with one more bake file, beside its others."""
    if not file.targets:
        return order
    path = order.files[0].parent / name
    path.write_text(write_json(file, min_buildx), "utf-8")
    return replace(order, files=(*order.files, path))
