"""Short ways to read a Dockerfile in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bakegen.diagnostics import Severity
from bakegen.dockerfile import parse, read
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile import Dockerfile, Resolved, SyntaxTree
    from bakegen.dockerfile.syntax import Instruction


def tree(text: str) -> SyntaxTree:
    """The tree of `text`, which must print as `text` again, leaf by leaf too."""
    found = parse(Source("Dockerfile", text))
    assert str(found) == text
    assert "".join(text[leaf.start : leaf.end] for leaf in found.leaves()) == text
    return found


def instructions(text: str) -> list[Instruction]:
    """The instructions of `text`."""
    return tree(text).instructions


def one(text: str) -> Instruction:
    """The only instruction of `text`."""
    (found,) = instructions(text)
    return found


def model(text: str) -> Dockerfile:
    """The model of `text`."""
    return read(Source("Dockerfile", text))


def resolved(text: str, args: dict[str, str] | None = None, **options: Any) -> Resolved:
    """The model of `text` with values."""
    return model(text).resolve(args or {}, **options)


def good(text: str, args: dict[str, str] | None = None, **options: Any) -> Resolved:
    """Like `resolved`, of a file that BuildKit accepts."""
    found = resolved(text, args, **options)
    assert errors(found) == []
    return found


def diagnostics(found: Dockerfile | Resolved) -> list[Diagnostic]:
    """All diagnostics of a model, with values or without."""
    dockerfile = getattr(found, "dockerfile", None)
    return [*(dockerfile.diagnostics if dockerfile is not None else ()), *found.diagnostics]


def codes(found: Iterable[Diagnostic], severity: Severity = Severity.ERROR) -> list[str]:
    """The codes of the diagnostics of one severity."""
    return [item.code for item in found if item.severity is severity]


def errors(found: Dockerfile | Resolved) -> list[str]:
    """The codes of what is refused."""
    return codes(diagnostics(found))


def pointed_at(found: Dockerfile | Resolved) -> list[str]:
    """The text that each refusal points at."""
    return [
        item.location.source.slice(item.location.span)
        for item in diagnostics(found)
        if item.severity is Severity.ERROR and item.location is not None
    ]


def environment(text: str, args: dict[str, str] | None = None, **options: Any) -> dict[str, str]:
    """The variables after the last instruction of the target, without PATH."""
    target = good(text, args, **options).target
    assert target is not None
    assert target.environment is not None
    return {name: value for name, value in target.environment.items() if name != "PATH"}
