"""A stand-in for shellcheck in the examples of rule DF299: it knows one thing, that `` $word `` should be quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.rules.shellissues import ShellIssue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.rules.shellissues import ShellText

_UNQUOTED = re.compile(r"(?<= )\$[a-z]\w*(?= )")


def pretended(texts: Sequence[ShellText]) -> list[tuple[ShellIssue, ...]]:
    """What shellcheck would say of such words."""
    message = "Double quote to prevent globbing and word splitting."
    return [
        tuple(ShellIssue(one.start(), one.end(), 2086, "info", message) for one in _UNQUOTED.finditer(text.text))
        for text in texts
    ]
