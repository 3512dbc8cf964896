"""Keeps what was built of targets that were not: bakes them as far as they are done, for nothing but their caches.

`bakegen.building.rescue` cuts their Dockerfiles; the engine must be the one that built them.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakegen.bake.strings import json_string
from bakegen.building.exports import entries_of
from bakegen.building.failures import reason
from bakegen.building.model import Happening
from bakegen.building.progress import Progress
from bakegen.building.rescue import WORTH_SECONDS, Work, cut
from bakegen.dockerfile import read
from bakegen.errors import EngineError
from bakegen.plan.recipes import is_remote
from bakegen.text import Source
from bakegen.workspace.baking import BakeDone, BakeOrder, bake, described
from bakegen.workspace.batches import bake_all

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from bakegen.building.rescue import Cut
    from bakegen.workspace.batches import TargetDone

_LINK = "target:"
_OF_STEPS = (
    *("context", "contexts", "args", "platforms", "secret", "ssh", "network"),
    *("shm-size", "ulimits", "extra-hosts", "entitlements", "cache-from"),
)
"""The attributes that decide what steps are, and how they are done where the engine has lost one."""
_OF_LINKED = ("target", "dockerfile", "dockerfile-inline")
"""What targets have besides that are not cut: those that others build on."""
_LEAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of one target.

    Attributes:
        target: its name.
        steps: how many steps are in its cache now.
        seconds: what those that ran in this build took.
        error: why nothing was kept, "" otherwise; a line that is safe to print.
    """

    target: str
    steps: int
    seconds: float
    error: str = ""

    @property
    def text(self) -> str:
        """A line for people."""
        if self.error:
            return f"warning: what was built of {self.target} could not be kept: {self.error}"
        steps = f"{self.steps} step{'' if self.steps == 1 else 's'}"
        return f"{self.target}: {steps} in its cache for the next try, {self.seconds:.1f}s of work"


@dataclass(slots=True)
class Rescue:
    """What one build has done so far, and what of it is in no cache yet.

    Attributes:
        kept: what was kept of which target.
        through: the targets that nothing is left to keep of: those whose own bake wrote their cache.
    """

    kept: list[Kept] = field(default_factory=list)
    through: set[str] = field(default_factory=set)
    _works: dict[str, Work] = field(default_factory=dict)
    _ran: dict[str, float] = field(default_factory=dict)

    def hear(self, name: str, progress: Progress) -> None:
        """Takes note of what a bake has done of a target."""
        steps = progress.instructions(name)
        if steps:
            self._works.setdefault(name, Work()).hear(steps)
        for step in steps:
            if step.executed:
                self._ran[step.instruction] = max(step.seconds, self._ran.get(step.instruction, 0.0))

    def keep(self, order: BakeOrder, names: Collection[str], twins: Mapping[str, Collection[str]]) -> None:
        """As `keep`, of those of `names` that something is done of and that are not through; then they are.

        `twins` are targets that only write the cache of a platform, by the target that they belong to.
        """
        owners = {twin: name for name, found in twins.items() for twin in found}
        works = {name: self._works.get(name) or self._works.get(owners.get(name, "")) for name in names}
        waiting = {name: work for name, work in sorted(works.items()) if work is not None and name not in self.through}
        if waiting and order.timeout != 0:
            self.kept += keep(replace(order, targets=tuple(waiting)), waiting, self._ran)
            self.through.update(waiting)


def keep(order: BakeOrder, works: Mapping[str, Work], ran: Mapping[str, float]) -> tuple[Kept, ...]:
    """Writes the caches of `order.targets` with what is done of them.

    Only those are written whose own bake would have written them, and where that has work of some worth. It never
    raises for what engine or registry do; a signal goes through.

    Args:
        order: as the targets were baked; its `timeout` is for all of this.
        works: what is done, by target.
        ran: the seconds that each instruction took in this build, by its text.
    """
    try:
        targets = described(order)
        with tempfile.TemporaryDirectory(prefix="bakegen-kept-") as folder:
            found = dict(_cuts(order, targets, works, ran, Path(folder)))
            return _written(order, targets, found, ran, Path(folder)) if found else ()
    except EngineError as problem:
        return tuple(Kept(name, 0, 0.0, str(problem)) for name in order.targets)


def _cuts(
    order: BakeOrder,
    targets: Mapping[str, Mapping[str, Any]],
    works: Mapping[str, Work],
    ran: Mapping[str, float],
    folder: Path,
) -> Iterator[tuple[str, tuple[Cut, dict[str, Any]]]]:
    """What is baked for each target: its Dockerfile, which is written into `folder`, and its attributes."""
    for name in order.targets:
        target = targets.get(name, {})
        written = [one for one in entries_of(target, "cache-to") if one.get("type") != "inline"]
        source = _dockerfile(order, name, target) if written else None
        if source is None:
            continue
        platforms = target.get("platforms") or [None]
        found = cut(
            read(source),
            works[name],
            target=target.get("target"),
            args={key: str(value) for key, value in (target.get("args") or {}).items() if value is not None},
            platform=platforms[0],
            contexts=target.get("contexts") or {},
        )
        if found is None or sum(ran.get(one, 0.0) for one in set(found.instructions)) < WORTH_SECONDS:
            continue
        contexts = {
            key: value
            for key, value in (target.get("contexts") or {}).items()
            if not str(value).startswith(_LINK) or value in found.contexts
        }
        path = folder / f"{name}.Dockerfile"
        path.write_bytes(Source(path.name, found.text).to_bytes())
        ignored = _ignore_file(order, target)
        if ignored is not None:
            path.with_name(f"{path.name}.dockerignore").write_bytes(ignored)
        steps = {key: target[key] for key in _OF_STEPS if key in target}
        caches = [{**one, "mode": "max", "ignore-error": "true"} for one in written]
        yield name, (found, {**steps, "contexts": contexts, "dockerfile": str(path), "cache-to": caches})


def _dockerfile(order: BakeOrder, name: str, target: Mapping[str, Any]) -> Source | None:
    """A target's Dockerfile; None where it is not on this machine."""
    if "dockerfile-inline" in target:
        return Source(name, str(target["dockerfile-inline"]))
    path = _path(order, target)
    try:
        return Source.from_bytes(name, path.read_bytes()) if path is not None else None
    except OSError:
        return None


def _ignore_file(order: BakeOrder, target: Mapping[str, Any]) -> bytes | None:
    """The ignore file that belongs to a target's Dockerfile alone: without it the context would be another one."""
    path = _path(order, target) if "dockerfile-inline" not in target else None
    try:
        return path.with_name(f"{path.name}.dockerignore").read_bytes() if path is not None else None
    except OSError:
        return None


def _path(order: BakeOrder, target: Mapping[str, Any]) -> Path | None:
    context = str(target.get("context") or ".")
    return None if is_remote(context) else order.cwd / context / str(target.get("dockerfile") or "Dockerfile")


def _written(
    order: BakeOrder,
    targets: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, tuple[Cut, dict[str, Any]]],
    ran: Mapping[str, float],
    folder: Path,
) -> tuple[Kept, ...]:
    """Bakes them, and tells of each what became of its cache."""
    cached = [{"type": "cacheonly"}]
    baked = {name: {**target, "output": cached} for name, (_, target) in found.items()}
    waiting = [value for target in baked.values() for value in target["contexts"].values()]
    for value in waiting:
        name = str(value).removeprefix(_LINK)
        if str(value).startswith(_LINK) and name not in baked:
            linked = targets[name]
            kept = {key: linked[key] for key in (*_OF_STEPS, *_OF_LINKED) if key in linked}
            baked[name] = {**kept, "output": cached}
            waiting += (linked.get("contexts") or {}).values()
    file = folder / "docker-bake.json"
    file.write_text(json.dumps({"target": _escaped(baked)}), "utf-8")
    errors = dict.fromkeys(found, "the engine did not write its cache")
    until = None if order.timeout is None else time.monotonic() + order.timeout

    def listener(names: tuple[str, ...]) -> Callable[[str], None]:
        progress = Progress((*names, *(name for name in baked if name not in names)))

        def listen(line: str) -> None:
            for event in progress.feed(line, 0.0):
                if event.what is Happening.CACHED:
                    errors.pop(event.target, None)
                elif event.facts.get("phase") == "cache" and event.facts.get("error"):
                    # It fails nothing: ignore-error.
                    errors[event.target] = reason(str(event.facts["error"]))

        return listen

    def run(one: BakeOrder, listen: Callable[[str], None]) -> BakeDone:
        left = None if until is None else max(_LEAST_SECONDS, until - time.monotonic())
        return bake(replace(one, timeout=left), listen)

    def ended(done: TargetDone) -> None:
        if done.error:
            errors[done.target] = done.error

    order = replace(order, files=(file,), targets=tuple(found), set=())
    try:
        bake_all(order, {}, listener=listener, done=ended, retried=lambda *_: None, retries=0, run=run)
    except EngineError as problem:
        errors = dict.fromkeys(errors, str(problem))
    return tuple(
        Kept(
            name,
            len(one.instructions),
            sum(ran.get(text, 0.0) for text in set(one.instructions)),
            errors.get(name, ""),
        )
        for name, (one, _) in found.items()
    )


def _escaped(value: Any) -> Any:
    """`value` for a bake file, which takes texts for templates."""
    if isinstance(value, str):
        return json.loads(json_string(value))
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list) else value
