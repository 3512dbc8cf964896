"""An explanation as text for a terminal: a table of targets, or a tree of their stages and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.step_summary import time_text
from bakegen.explaining.causes import clipped
from bakegen.explaining.explanation import (
    advice_text,
    cost_text,
    count_text,
    names_text,
    place_text,
    why_text,
)
from bakegen.explaining.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.explaining.compare import Judged, JudgedStage, JudgedTarget
    from bakegen.explaining.explanation import Explanation

HEADS = ("target", "first to run again", "why", "runs again", "time")
_INSTRUCTION = 40


def rows(found: Explanation) -> Iterator[tuple[str, ...]]:
    """The table: a row for each target of which something runs again, with the heads `HEADS`.

    Targets of which just the same is told, as the variants of a matrix often are, share a row.
    """
    same: dict[tuple[str, ...], list[str]] = {}
    for target in found.targets:
        if target.problem:
            row: tuple[str, ...] = ("", clean_line(f"unknown: {target.problem}"), "", "")
        elif target.first is not None:
            row = _row(found, target, target.first)
        else:
            continue
        same.setdefault(row, []).append(target.chain.name)
    for row, names in same.items():
        yield (names_text(names), *row)


def _row(found: Explanation, target: JudgedTarget, first: Judged) -> tuple[str, ...]:
    shown = clean_line(clipped(first.step.shown, _INSTRUCTION))
    why = "the target is new" if target.new else why_text(first)
    if first.verdict is Verdict.MAYBE:
        why = f"may run: {why}"
    return f"{place_text(first)} {shown}", why, count_text(target), cost_text(found.cost(target))


def tree(found: Explanation) -> str:
    """The targets of the table with their stages and steps; cached steps side by side are one line."""
    lines: list[str] = []
    for target in found.targets:
        if target.first is None and not target.problem:
            continue
        lines.append(f"{target.chain.name}  {_about(found, target)}".rstrip())
        for stage in target.stages:
            lines += _stage(found, stage)
    return "".join(f"{line}\n" for line in lines)


def advice(found: Explanation) -> str:
    """What would have helped, a line each; "" where nothing is known."""
    return "".join(f"{advice_text(one, names)}\n" for one, names in found.told())


def _about(found: Explanation, target: JudgedTarget) -> str:
    if target.problem:
        return clean_line(f"unknown: {target.problem}")
    return "  ".join(part for part in (count_text(target), cost_text(found.cost(target))) if part)


def _stage(found: Explanation, stage: JudgedStage) -> Iterator[str]:
    base = stage.chain.base
    kind = "" if base.kind in ("image", "scratch") else f" ({base.kind})"
    platform = f" {stage.chain.platform}" if stage.chain.platform else ""
    yield clean_line(f"  {stage.chain.label}{platform}  from {base.name}{kind}")
    cached = 0
    for one in stage.steps:
        if one.verdict is Verdict.CACHED:
            cached += 1
            continue
        yield from _cached(cached)
        cached = 0
        yield _step(found, one)
    yield from _cached(cached)


def _cached(count: int) -> Iterator[str]:
    if count:
        yield f"    cached   {count} step{'' if count == 1 else 's'}"


def _step(found: Explanation, one: Judged) -> str:
    seconds = found.seconds.get(one.step.key.strict)
    parts = [
        f"    {one.verdict:<7}  {place_text(one)} {clean_line(clipped(one.step.shown))}",
        why_text(one),
        time_text(seconds) if seconds else "",
    ]
    return "  ".join(part for part in parts if part)
