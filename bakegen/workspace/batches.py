"""Bakes many targets so that one that fails takes no others with it, and what fails for a moment is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.building.model import Status
from bakegen.workspace.baking import BakeDone, BakeOrder, bake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
    wait: Callable[[float], None] | None = None,
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
    raise NotImplementedError
