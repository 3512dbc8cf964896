"""Where the harness keeps things: a cache that outlives runs, a folder per run, and the lock that guards the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE_VARIABLE = "BAKEGEN_TEST_CACHE"
KEEP_SECONDS = 30 * 24 * 3600.0


def cache_root() -> Path:
    """The folder that outlives runs: packages, base images, built tools. `BAKEGEN_TEST_CACHE` moves it."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "bakegen-tests"


def forget_old(used: Path) -> None:
    """Marks the cached folder `used` as used now and removes its siblings that nobody used for `KEEP_SECONDS`."""
    os.utime(used)
    for other in used.parent.iterdir():
        if other.is_dir() and not other.is_symlink() and other.stat().st_mtime < time.time() - KEEP_SECONDS:
            shutil.rmtree(other, ignore_errors=True)


@contextmanager
def locked(name: str, timeout: float = 900.0) -> Iterator[None]:
    """Holds the cache's lock `name` against other runs on this machine; waits at most `timeout` seconds.

    The kernel drops the lock when the process that holds it ends, so no stale lock can stay behind.
    """
    folder = cache_root() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    with (folder / f"{name}.lock").open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise HarnessError(f"{handle.name} was held by another run for {timeout:.0f} s") from None
                time.sleep(0.2)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
