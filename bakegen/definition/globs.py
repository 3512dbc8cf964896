"""Glob patterns over names and values, for matches, selections and `--set`: `*`, `?`, `[…]`, case counts."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def is_glob(pattern: str) -> bool:
    """Whether `pattern` can match more than itself."""
    return any(c in pattern for c in "*?[")


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` matches `pattern`; equal texts always match, whatever is in them."""
    return pattern == text or (is_glob(pattern) and _compiled(pattern).match(text) is not None)


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Whether `text` matches at least one of `patterns`."""
    return any(matches(pattern, text) for pattern in patterns)
