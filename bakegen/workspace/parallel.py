"""A few things at once: results in the order given, the first bug raised, nothing that holds up the end."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_A = TypeVar("_A")
_T = TypeVar("_T")


def run_all(
    work: Callable[[_A], _T],
    items: Sequence[_A],
    workers: int,
    *,
    tick: Callable[[], None] | None = None,
    seconds: float = 1.0,
) -> list[_T]:
    """What `work` gives for each of `items`.

    Args:
        work: called from several threads; an exception is raised here as it comes, and the rest is not begun.
        items: in the order of the results.
        workers: how many threads at most.
        tick: called here every `seconds` while there is something to wait for.
        seconds: how often.
    """
    results: dict[int, _T] = {}
    waiting: queue.SimpleQueue[tuple[int, _A]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, _T] | BaseException] = queue.SimpleQueue()
    for entry in enumerate(items):
        waiting.put(entry)
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                number, item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((number, work(item)))
            except BaseException as problem:
                done.put(problem)

    # Daemons: a name that takes minutes to resolve must not hold up the end of the process.
    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(workers, len(items)))]
    try:
        for thread in threads:
            thread.start()
        while len(results) < len(items):
            try:
                found = done.get(timeout=seconds)
            except queue.Empty:
                if tick is not None:
                    tick()
                continue
            if isinstance(found, BaseException):
                raise found
            results[found[0]] = found[1]
    finally:
        over.set()
    return [results[number] for number in range(len(items))]
