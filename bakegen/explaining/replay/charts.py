"""Charts as inline SVG without scripts: curves over commits, and bars of commits; the page's style has the colours."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTH, _HEIGHT = 960, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 12, 12, 34
_POINTS = 480
"""Points of a curve: more cannot be told apart."""
_BARS = 160
_STEPS = (1, 2, 2.5, 5, 10)
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """Values of commits, in their order: a name, a class of the page's style, and whether its curve is dashed."""

    name: str
    style: str
    values: Sequence[float]
    dashed: bool = False


def curves(title: str, unit: str, series: Sequence[Series], days: Sequence[str]) -> str:
    """Each series summed up from commit to commit.

    Args:
        title: what a reader that does not see hears.
        unit: of the values.
        series: as many values each as there are days.
        days: the day of each commit.
    """
    summed = [_summed(one.values) for one in series]
    top = max((one[-1] for one in summed if one), default=0.0)
    lines = []
    for one, values in zip(series, summed, strict=True):
        picked = _picked(len(values))
        points = " ".join(f"{_x(at, len(values)):.1f},{_y(values[at], _nice(top)):.1f}" for at in picked)
        dashed = ' stroke-dasharray="7 5"' if one.dashed else ""
        said = escape(f"{one.name}: {values[-1] if values else 0:,.0f} {unit}")
        lines.append(f'<polyline class="curve {one.style}" points="{points}"{dashed}><title>{said}</title></polyline>')
    return _svg(title, [*_axis(_nice(top), unit), *_days(days), *lines])


def bars(title: str, unit: str, series: Sequence[Series], days: Sequence[str]) -> tuple[str, int]:
    """The values of commits as bars, the series side by side; arguments as of `curves`.

    Returns:
        The chart, and how many commits a bar sums up.
    """
    width = max(1, -(-len(days) // _BARS))
    binned = [[sum(one.values[at : at + width]) for at in range(0, len(one.values), width)] for one in series]
    top = _nice(max((value for one in binned for value in one), default=0.0))
    count = len(binned[0]) if binned else 0
    room = (_WIDTH - _LEFT - _RIGHT) / max(count, 1)
    each = max(0.8, room * 0.8 / max(len(series), 1))
    found = []
    for number, (one, values) in enumerate(zip(series, binned, strict=True)):
        for at, value in enumerate(values):
            if value:
                x, y = _LEFT + at * room + room * 0.1 + number * each, _y(value, top)
                said = escape(f"{days[at * width]}, {one.name}: {value:,.0f} {unit}")
                found.append(
                    f'<rect class="bar {one.style}" x="{x:.1f}" y="{y:.1f}" width="{each:.1f}" '
                    f'height="{_HEIGHT - _BOTTOM - y:.1f}"><title>{said}</title></rect>'
                )
    return _svg(title, [*_axis(top, unit), *_days(days), *found]), width


def _svg(title: str, parts: Sequence[str]) -> str:
    inside = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">\n'
        f"<title>{escape(title)}</title>\n{inside}\n</svg>"
    )


def _summed(values: Sequence[float]) -> list[float]:
    found: list[float] = []
    total = 0.0
    for value in values:
        total += value
        found.append(total)
    return found


def _picked(count: int) -> list[int]:
    if count <= _POINTS:
        return list(range(count))
    return sorted({round(at * (count - 1) / (_POINTS - 1)) for at in range(_POINTS)})


def _x(at: int, count: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at / max(count - 1, 1)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top


def _nice(top: float) -> float:
    """The end of an axis: a number that its marks part into even pieces."""
    return _TICKS * _between(top)


def _between(top: float) -> float:
    """The distance of two marks: 1, 2, 2.5 or 5 times a power of ten, at least a whole one."""
    size = 1.0
    while True:
        for step in _STEPS:
            if step * size * _TICKS >= top and (step * size).is_integer():
                return step * size
        size *= 10


def _axis(top: float, unit: str) -> Iterator[str]:
    for number in range(_TICKS + 1):
        value = top * number / _TICKS
        y = _y(value, top)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="mark" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    yield (
        f'<text class="mark" transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">'
        f"{escape(unit)}</text>"
    )


def _days(days: Sequence[str]) -> Iterator[str]:
    last = len(days) - 1
    for part, anchor in ((0.0, "start"), (0.25, "middle"), (0.5, "middle"), (0.75, "middle"), (1.0, "end")):
        if last > 0:
            at = round(last * part)
            x = _x(at, last + 1)
            yield f'<text class="mark" x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="{anchor}">{escape(days[at])}</text>'
