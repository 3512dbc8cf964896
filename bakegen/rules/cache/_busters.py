"""ARGs that are there to defeat the cache: where they stand is meant."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(?:.*_)?(?:CACHE_?(?:BUST(?:ER)?|BREAK(?:ER)?|DATE|INVALIDAT\w+|KILLER)|BUST_?CACHE|BREAK_?CACHE|NO_?CACHE"
    r"|INVALIDATE_?CACHE|SKIP_?CACHE|DISABLE_?CACHE|FORCE_?REBUILD)(?:_.*)?",
    re.IGNORECASE,
)


def is_buster(name: str) -> bool:
    """Whether a variable's name says that it is there to have what is below it run again."""
    return _NAME.fullmatch(name) is not None
