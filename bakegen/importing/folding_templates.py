"""Texts of several targets to the one template that gives each of them: found by reading all texts side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VAR_OPEN, _VAR_CLOSE = "\ue000", "\ue001"
_MARKED = re.compile(f"{_VAR_OPEN}([^{_VAR_CLOSE}]*){_VAR_CLOSE}")
_JINJA = re.compile(r"\{[{%#]")
_MAX_STEPS = 4_000
Part = tuple[bool, str]
"""Whether it is an expression, and its text."""


@dataclass(frozen=True)
class Variable:
    """Something that templates see: the `expression`, and what it is for each target, in their order."""

    expression: str
    values: tuple[str, ...]


def mark(expression: str) -> str:
    """What stands in a text for the value of `expression`, such as ``repository``, until texts become templates.

    A statement begins with ``%``: ``%if git.tag`` and ``%endif``.
    """
    return f"{_VAR_OPEN}{expression}{_VAR_CLOSE}"


def unmarked(text: str, meanings: Mapping[str, str]) -> str:
    """`text` with what the expressions of its marks mean."""
    return _MARKED.sub(lambda found: meanings.get(found[1], ""), text)


def literal(text: str) -> str:
    """`text` as a template that gives it, marks as the expressions that they stand for."""
    pieces = _MARKED.split(text)
    return rendered([(at % 2 == 1, piece) for at, piece in enumerate(pieces)], marked=False)


def rendered(parts: Sequence[Part], *, marked: bool = True) -> str:
    """The template of parts; `marked`: whether marks may be in those that are no expressions."""
    joined: list[Part] = []
    for is_expression, part in parts:
        if not is_expression and joined and not joined[-1][0]:
            joined[-1] = (False, joined[-1][1] + part)
        else:
            joined.append((is_expression, part))
    if marked:
        split = [
            (is_expression or at % 2 == 1, piece)
            for is_expression, part in joined
            for at, piece in enumerate([part] if is_expression else _MARKED.split(part))
        ]
        return rendered(split, marked=False)
    out: list[str] = []
    for at, (is_expression, part) in enumerate(joined):
        follows = at + 1 < len(joined) and joined[at + 1][0]
        out.append(_tag(part) if is_expression else _plain(part, follows))
    return "".join(out)


def _tag(expression: str) -> str:
    return f"{{% {expression[1:]} %}}" if expression.startswith("%") else f"{{{{ {expression} }}}}"


def _plain(text: str, follows: bool) -> str:
    """Text that is no template, and does not become one with the expression that `follows`."""
    end = "{{ '{' }}" if follows and text.endswith("{") and not text.endswith("{{") else ""
    kept = text[:-1] if end else text
    return _JINJA.sub(lambda found: "{{ '" + found[0] + "' }}", kept) + end


def template(texts: Sequence[str], variables: Sequence[Variable]) -> str | None:
    """The template that gives each of `texts`, None where there is none.

    Args:
        texts: one for each target.
        variables: what the template may use, those that are liked more first.
    """
    if len(set(texts)) == 1:
        return literal(texts[0])
    parts = aligned(texts, variables)
    return None if parts is None else rendered(parts)


def aligned(texts: Sequence[str], variables: Sequence[Variable]) -> list[Part] | None:
    """The parts of such a template.

    All texts are read at once, each at its own place: where a variable has, for every target, what stands there, it is
    taken, else a character that is the same everywhere. Of the ways to do so the first one that reaches the end of all
    texts is taken; variables that are the same for all targets are never needed.
    """
    chosen = _distinct(texts, variables)
    lines, usable = chosen
    usable.sort(key=lambda one: -max(map(len, one.values)))
    start = (0,) * len(lines)
    ends = tuple(map(len, lines))
    dead: set[tuple[int, ...]] = set()
    steps = 0

    def walk() -> list[Part] | None:
        nonlocal steps
        stack: list[tuple[tuple[int, ...], list[tuple[Part, tuple[int, ...]]]]] = [(start, _ways(lines, usable, start))]
        taken: list[Part] = []
        while stack:
            place, ways = stack[-1]
            if place == ends:
                return taken
            steps += 1
            if not ways or steps > _MAX_STEPS:
                dead.add(place)
                stack.pop()
                if taken:
                    taken.pop()
                if steps > _MAX_STEPS:
                    return None
                continue
            part, after = ways.pop(0)
            if after not in dead:
                taken.append(part)
                stack.append((after, _ways(lines, usable, after)))
        return None

    return walk()


def _distinct(texts: Sequence[str], variables: Sequence[Variable]) -> tuple[list[str], list[Variable]]:
    """Each different case once, and the variables that differ between them."""
    rows = dict.fromkeys(zip(texts, *(one.values for one in variables), strict=True))
    columns = list(zip(*rows, strict=True))
    found = [Variable(one.expression, values) for one, values in zip(variables, columns[1:], strict=True)]
    return list(columns[0]), [one for one in found if len(set(one.values)) > 1]


def _ways(
    lines: Sequence[str], variables: Sequence[Variable], place: tuple[int, ...]
) -> list[tuple[Part, tuple[int, ...]]]:
    ways: list[tuple[Part, tuple[int, ...]]] = []
    for variable in variables:
        if all(
            line.startswith(value, at) for line, value, at in zip(lines, variable.values, place, strict=True)
        ) and any(variable.values):
            after = tuple(at + len(value) for at, value in zip(place, variable.values, strict=True))
            ways.append(((True, variable.expression), after))
    first = lines[0][place[0] : place[0] + 1]
    if first == _VAR_OPEN:  # a mark is one thing
        first = lines[0][place[0] : lines[0].index(_VAR_CLOSE, place[0]) + 1]
    if first and all(line.startswith(first, at) for line, at in zip(lines, place, strict=True)):
        ways.append(((False, first), tuple(at + len(first) for at in place)))
    return ways
