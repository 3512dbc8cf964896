"""Does several things at once in threads; the first that fails ends all."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")


def together(works: Sequence[Callable[[], _T]], at_once: int, stop: Callable[[], None]) -> list[_T]:
    """The results of `works`, in their order.

    Args:
        works: what is done, each in a thread.
        at_once: how many at once.
        stop: ends those under way, which raise then; called when one has failed or this thread is interrupted.

    Raises:
        Exception: what one of those raised that failed first, when all have ended.
    """
    if len(works) == 1:
        return [works[0]()]
    pool = ThreadPoolExecutor(max(1, min(at_once, len(works))))
    futures = [pool.submit(work) for work in works]
    try:
        failed = [one for one in wait(futures, return_when=FIRST_EXCEPTION).done if one.exception() is not None]
        if failed:
            failed[0].result()
        return [one.result() for one in futures]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # first, or who is stopped begins the next one
        stop()
        raise
    finally:
        pool.shutdown()
