"""Rule DE501: a text without quotes that other readers of YAML take for something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.project_subject import ProjectSubject

_TRUTH = {**dict.fromkeys(("yes", "on"), "true"), **dict.fromkeys(("no", "off"), "false")}
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_BASES = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F][0-9a-fA-F_]*|0o[0-7]+|0b[01][01_]*)")
_SIXTY = re.compile(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST = 60


def other_reading(text: str) -> str | None:
    """What another reader of YAML makes of a text without quotes, in words; None where all keep the text."""
    if len(text) > _LONGEST:
        return None
    if text in (text.lower(), text.upper(), text.capitalize()) and text.lower() in _TRUTH:
        return f"the truth value {_TRUTH[text.lower()]}"
    if _SIXTY.fullmatch(text):
        return f"the number {_sixty(text)}, to the base of 60"
    if _OCTAL.fullmatch(text):
        number = int(text.replace("_", ""), 8)
        return f"the octal number {number}" if str(number) != text else None
    if _BASES.fullmatch(text):
        return f"the number {int(text.replace('_', ''), 0)}"
    if _DECIMAL.fullmatch(text):
        return _decimal(text)
    return None


def _sixty(text: str) -> int:
    number = 0
    for part in text.lstrip("+-").replace("_", "").split(":"):
        number = number * 60 + int(part)
    return -number if text.startswith("-") else number


def _decimal(text: str) -> str | None:
    plain = text.replace("_", "")
    if not re.search(r"[.eE]", plain):
        return f"the number {int(plain)}" if str(int(plain)) != text else None
    number = float(plain)
    if number in (float("inf"), float("-inf")):
        return "an infinite number"
    digits = re.sub(r"[^0-9]", "", plain.lower().partition("e")[0]).lstrip("0")
    if len(digits) > 15:
        return f"the number {number!r}, less exactly"
    shown = f"{number:.15g}" if number != int(number) or "e" in plain.lower() else f"{number:.1f}"
    return f"the number {shown}" if shown != text else None


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    for one in subject.written:
        node = one.scalar
        if not node.plain:
            continue
        meant = other_reading(node.text)
        if meant is None:
            continue
        span = node.location.span
        fix = None
        if subject.source.slice(span) == node.text:
            why = "bakegen keeps the text of every value, with quotes and without"
            fix = Fix((Edit(span, f'"{node.text}"'),), "Put it in quotes", safe=True, why=why)
        yield Finding(
            span, f"`{node.text}` without quotes is {meant} to other readers of YAML", "put it in quotes", fix=fix
        )


RULE = Rule(
    code="DE501",
    name="ambiguous-scalar",
    summary="Quote values that other readers of YAML do not keep as they are written",
    why="bakegen keeps the text of every value: `3.10` is `3.10`. Editors, scripts and other tools that read the same "
    "file may follow YAML 1.1 or 1.2, where `3.10` is the number 3.1, `010` is 8, `12:30` is 750, `NO` is false, and a "
    "commit such as `1234e56` is a number with 60 digits. Whoever copies the line to another tool's file gets that, "
    "too.\n\nQuotes change nothing for bakegen.",
    severity=Severity.NOTE,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "A version that ends in 0",
            'matrix:\n  axes:\n    python: ["3.9", ⟦3.10⟧, 3.11]\nargs: {PYTHON: "{{ python }}"}\n',
            'matrix:\n  axes:\n    python: ["3.9", "3.10", 3.11]\nargs: {PYTHON: "{{ python }}"}\n',
            message="the number 3.1",
        ),
        Example("Truth values of YAML 1.1", "args:\n  A: ⟦on⟧\n  B: ⟦NO⟧\n", 'args:\n  A: "on"\n  B: "NO"\n'),
        Example("An octal number", "labels: {mode: ⟦0755⟧}\n", 'labels: {mode: "0755"}\n', message="493"),
        Example(
            "A number to the base of 60", "labels: {at: ⟦12:30:45⟧}\n", 'labels: {at: "12:30:45"}\n', message="45045"
        ),
        Example("A commit that looks like a number", "args: {REV: ⟦1234e56⟧}\n", 'args: {REV: "1234e56"}\n'),
        Example("Numbers that stay what they are", "args: {A: 3.11, B: 8080, C: 0, D: 1.0, E: 22.04, F: -1, G: 0.5}\n"),
        Example("Versions with more parts are text to everybody", "args: {A: 1.2.10, B: v3.10, C: 3.10-slim}\n"),
        Example("Quotes", "args: {A: \"3.10\", B: 'on'}\n"),
        Example("Truth values of all versions", "default: false\nargs: {A: true}\n"),
        Example("Times and ports that are no numbers", "labels: {a: 12:30:99, b: 8080:80, c: on-line}\n"),
    ),
    links=("https://yaml.org/spec/1.2.2/#1032-tag-resolution",),
)
