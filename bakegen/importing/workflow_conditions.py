"""When a tag rule of a workflow holds: of what its condition is made, as far as it is of the usual parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.importing.workflow_expressions import Contexts

_CONDITIONS = (
    (re.compile(r"is_default_branch|github\.event\.repository\.default_branch"), "default"),
    (re.compile(r"github\.ref(?:_name)?\s*==\s*'(?:refs/heads/)?(?:main|master)'"), "default"),
    (
        re.compile(
            r"startsWith\(\s*github\.ref\s*,\s*'refs/tags/|github\.ref_type\s*==\s*'tag'|event_name\s*==\s*'release'"
        ),
        "tag",
    ),
    (re.compile(r"event_name\s*==\s*'pull_request'"), "request"),
)
_OTHER = re.compile(
    r"\s*github\.ref(?:_name)?\s*!=\s*(?:'(?:refs/heads/)?(?:main|master)'|github\.event\.repository\.default_branch)\s*"
)


def condition_of(contexts: Contexts, written: str) -> str:
    """When a rule holds.

    Args:
        contexts: what is known.
        written: the condition, with its braces.

    Returns:
        ``true``, ``false``, ``default`` for the default branch, ``other`` for other branches, ``tag`` for git tags,
        ``request`` for pull requests, and ``unknown``.
    """
    value = contexts.text(written)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower()
    plain = written.removeprefix("${{").removesuffix("}}")
    if "||" in plain or ("&&" in plain and "(" in plain.replace("startsWith(", "")):
        return "unknown"
    found = {_meaning(contexts, part) for part in plain.split("&&")} - {"true"}
    if "false" in found:
        return "false"
    return (found.pop() if found else "true") if len(found) <= 1 else "unknown"


def _meaning(contexts: Contexts, written: str) -> str:
    """The meaning of one condition of several that have to hold together."""
    value = contexts.text("${{" + written + "}}")
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower()
    if _OTHER.fullmatch(written):
        return "other"
    if "!" in written:
        return "unknown"
    return next((meaning for pattern, meaning in _CONDITIONS if pattern.search(written)), "unknown")
