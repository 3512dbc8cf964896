"""A limit on what the rewriting may compute: a build must not wait for it without end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_AGAIN = 0.01
_ONCE_MORE = 0.25
_STREAM = "bakegen.frontend.wire"


class TooLong(BaseException):
    """The limit is reached. No `Exception`, so that nothing on the way takes it for one of its own."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Ends what is inside with `TooLong` after `seconds` of computing; waiting for BuildKit does not count.

    For the main thread. A call that is being written or read is never broken off in the middle: the stream would be
    of no use afterwards.
    """

    def reached(_: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_globals.get("__name__") == _STREAM:
                signal.setitimer(signal.ITIMER_VIRTUAL, _AGAIN, _ONCE_MORE)
                return
            frame = frame.f_back
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, reached)
    # Once more, because an exception is lost where Python happens to be in the callback of a weak reference.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _ONCE_MORE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
