"""Bakes many targets so that one that fails takes no others with it, and what fails for a moment is tried again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.building.chunks import ancestors, chunks
from bakegen.building.failures import Kind, kind, reason
from bakegen.building.model import Status
from bakegen.errors import EngineError
from bakegen.workspace.baking import BakeDone, BakeOrder, bake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class TargetDone:
    """What became of one target.

    Attributes:
        target: its name.
        status: `BUILT`, `FAILED` or `NOT_BUILT`.
        digest: the digest of its image, "" where none was made.
        names: the references it was pushed or stored by.
        error: why it failed or was not built, one line that is safe to print; "" where it is built.
        because: the target that it builds on and that failed; "" otherwise.
    """

    target: str
    status: Status
    digest: str = ""
    names: tuple[str, ...] = ()
    error: str = ""
    because: str = ""


def bake_all(
    order: BakeOrder,
    graph: Mapping[str, tuple[str, ...]],
    *,
    listener: Callable[[tuple[str, ...]], Callable[[str], None]],
    done: Callable[[TargetDone], None],
    retried: Callable[[tuple[str, ...], str, float], None],
    retries: int = 2,
    size: int = 40,
    run: Callable[[BakeOrder, Callable[[str], None]], BakeDone] = bake,
    wait: Callable[[float], None] = time.sleep,
) -> dict[str, TargetDone]:
    """Bakes `order.targets` in as many bakes as it takes.

    Args:
        order: what to bake.
        graph: target -> what it builds on; targets that are not in `order.targets` are not built for themselves.
        listener: gives what listens to a bake (see `bake`) of these targets; called at the begin of each.
        done: told each result as soon as it is known, so that an interrupted build can say what is done.
        retried: told before targets are tried again: which, why (a line that is safe to print), in how many seconds.
        retries: how often a target is tried again after failures that may pass.
        size: how many targets one bake has at most: engines drop jobs of more.
        run: runs one bake.
        wait: waits for some seconds.

    Returns:
        One result for each of `order.targets`, in that order.

    Raises:
        EngineError: as `bake`.
    """
    build = _Build(order, graph, listener, done, retried, retries, run, wait)
    for chunk in chunks(order.targets, graph, size):
        build.bake(chunk)
    return {name: build.results[name] for name in order.targets}


@dataclass(slots=True)
class _Build:
    """Where a build of many targets stands: `results` of those that are through, all that `failed` and why."""

    order: BakeOrder
    graph: Mapping[str, tuple[str, ...]]
    listener: Callable[[tuple[str, ...]], Callable[[str], None]]
    done: Callable[[TargetDone], None]
    retried: Callable[[tuple[str, ...], str, float], None]
    retries: int
    run: Callable[[BakeOrder, Callable[[str], None]], BakeDone]
    wait: Callable[[float], None]
    results: dict[str, TargetDone] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)

    def bake(self, chunk: tuple[str, ...]) -> None:
        """Bakes until each of `chunk` has its result: each round has fewer targets or uses up tries."""
        waiting = [chunk]
        while waiting:
            self._give_up(chunk)
            names = tuple(name for name in waiting.pop() if name not in self.results)
            if not names:
                continue
            ended = self.run(replace(self.order, targets=names), self.listener(names))
            for name in names:
                if ended.code == 0 or name in ended.metadata:
                    self._tell(_built(name, ended))
            if ended.code == 0:
                continue
            if self._learnt(names, ended):
                waiting.append(names)
            elif len(names) > 1:
                # Nobody knows who is at fault, so each has to show it; parents come first.
                waiting += [(name,) for name in reversed(names)]
            else:
                self.failed[names[0]] = next(iter(ended.failures.values()))
        self._give_up(chunk)

    def _learnt(self, names: tuple[str, ...], ended: BakeDone) -> bool:
        """Takes over what a failed bake tells; whether the next try differs from it or is worth its while."""
        if not ended.failures:
            return self._nothing_begun(names, ended)
        involved = {*names, *(above for name in names for above in ancestors(name, self.graph))}
        errors = {name: error for name, error in ended.failures.items() if name in involved}
        again = {name: error for name, error in errors.items() if self._may_pass(name, error)}
        self.failed.update({name: error for name, error in errors.items() if name not in again})
        self._try_again(again)
        return bool(errors)

    def _nothing_begun(self, names: tuple[str, ...], ended: BakeDone) -> bool:
        """What failed is no target but the engine, or buildx: worth another try, or the end of all."""
        what = ended.general or (ended.said[-1] if ended.said else f"docker buildx bake ended with {ended.code}")
        if not all(self._may_pass(name, what) for name in names):
            raise EngineError(reason(what))
        self._try_again(dict.fromkeys(names, what))
        return True

    def _may_pass(self, name: str, error: str) -> bool:
        return kind(error) is Kind.PASSING and self.tries.get(name, 0) < self.retries

    def _try_again(self, errors: Mapping[str, str]) -> None:
        """Waits before targets are tried again, twice as long each time, and not in step with other machines."""
        if not errors:
            return
        for name in errors:
            self.tries[name] = self.tries.get(name, 0) + 1
        seconds = min(_LONGEST_WAIT, 2.0 ** max(self.tries[name] for name in errors)) * random.uniform(0.5, 1.0)
        self.retried(tuple(errors), reason(next(iter(errors.values()))), seconds)
        self.wait(seconds)

    def _give_up(self, chunk: tuple[str, ...]) -> None:
        """Tells what has failed, and what cannot be built because of it."""
        for name in chunk:
            if name in self.results:
                continue
            culprits = [above for above in ancestors(name, self.graph) if above in self.failed]
            if culprits:
                # The farthest: what is nearer failed with it. Steps of a linked target count as its users' too.
                because = culprits[-1]
                why = f"builds on {because}, which failed: {reason(self.failed[because])}"
                self._tell(TargetDone(name, Status.NOT_BUILT, error=why, because=because))
            elif name in self.failed:
                self._tell(TargetDone(name, Status.FAILED, error=reason(self.failed[name])))

    def _tell(self, result: TargetDone) -> None:
        self.results[result.target] = result
        self.done(result)


def _built(name: str, ended: BakeDone) -> TargetDone:
    facts = ended.metadata.get(name, {})
    names = tuple(one for one in str(facts.get("image.name") or "").split(",") if one)
    return TargetDone(name, Status.BUILT, str(facts.get("containerimage.digest") or ""), names)
