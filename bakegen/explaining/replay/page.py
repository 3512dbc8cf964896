"""What ran in a history as one HTML page that needs no script and no network, light or dark as the reader is."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bakegen import __version__
from bakegen.building.masking import clean_line
from bakegen.explaining.replay.charts import Series, bars, curves
from bakegen.explaining.replay.figures import by_target, minutes
from bakegen.explaining.replay.model import Text
from bakegen.explaining.replay.page_style import STYLE
from bakegen.explaining.replay.policies import MEANINGS, Policy
from bakegen.explaining.replay.shown import date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bakegen.explaining.replay.figures import Figures, Line
    from bakegen.explaining.replay.policies import Ran

SHOWN = Policy.DEFAULT
"""The policy whose commits and targets are shown one by one."""
_STYLES = {policy: f"c{number}" for number, policy in enumerate(Policy)}
_MINUTE = 60.0
_HIGH = 4
_COMMITS, _TARGETS, _FILES, _SHORT = 15, 60, 3, 10


def html(found: Figures, name: str, changed: Callable[[str], Sequence[str]]) -> str:
    """The page.

    Args:
        found: what ran.
        name: what the project is called.
        changed: the paths that a commit changed, by its full id.
    """
    title = f"What {clean_line(name)} would have built"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_upper(found.said))}, from {_day(found, 0)} to {_day(found, -1)}. Nothing was built: "
        "the steps are those that would not have been found in a cache, by their cache keys.</p>",
        _policies(found),
        _minutes(found),
        _commits(found),
        _targets(found),
        _costly(found, changed),
        _notes(found),
    ]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        '<meta name="color-scheme" content="light dark"/>\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(found: Figures, at: int) -> str:
    ran = found.lines[0].ran
    return date(ran[at]) if ran else "never"


def _table(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; heads with their class."""
    head = "".join(f'<th scope="col" class="{kind}">{escape(text)}</th>' for text, kind in heads)
    lines = [
        "<tr>"
        + "".join(f'<td class="{kind}">{cell}</td>' for cell, (_, kind) in zip(row, heads, strict=True))
        + "</tr>"
        for row in rows
    ]
    body = "\n".join(lines)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _section(title: str, *parts: str) -> str:
    inside = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(title)}</h2>\n{inside}\n</section>"


def _swatch(style: str, dashed: bool = False) -> str:
    return f'<span class="swatch {style}{" dashed" if dashed else ""}" aria-hidden="true"></span>'


def _policies(found: Figures) -> str:
    heads = [
        ("Policy", ""),
        ("Dockerfiles", ""),
        ("Steps run", "n"),
        ("May run", "n"),
        ("Minutes", "n"),
        ("Share", "b"),
    ]
    rows = []
    for line in found.lines:
        total, share = line.total, found.share(line)
        name = f"{_swatch(_STYLES[line.policy], line.text is Text.REWRITTEN)}{escape(line.policy)}"
        bar = f'<span class="part {_STYLES[line.policy]}" style="width:{max(share * 6, 0.05):.2f}rem"></span>'
        shown = [f"{total.runs:,}", f"{total.may:,}", minutes(total.seconds), f"{bar} {share:.1%}"]
        rows.append([name, escape(line.text), *shown])
    meanings = "".join(f"<li><b>{escape(one)}</b>: {escape(text)}.</li>" for one, text in MEANINGS.items())
    return _section("Policies", _table(heads, rows), f"<ul>{meanings}</ul>")


def _minutes(found: Figures) -> str:
    """The curves; what is many times as high as all others would press those flat, and is told in words."""
    cached = [line for line in found.lines if line.policy is not Policy.NONE]
    most = max((line.total.seconds for line in cached), default=0.0)
    drawn = [line for line in found.lines if line in cached or line.total.seconds <= _HIGH * most]
    series = [_series(line, line.text is Text.REWRITTEN) for line in drawn]
    title = "Minutes of all steps that ran, summed up from commit to commit, by policy"
    left = ""
    if len(drawn) < len(found.lines):
        none = found.line(Policy.NONE, Text.ORIGINAL).total.seconds
        left = f"<p>Without any cache it would be {minutes(none)} minutes, far above what is drawn.</p>"
    legend = "".join(
        f"<li>{_swatch(_STYLES[line.policy], line.text is Text.REWRITTEN)}{escape(line.name)}: "
        f"{minutes(line.total.seconds)}</li>"
        for line in sorted(drawn, key=lambda line: -line.total.seconds)
    )
    chart = curves(title, "minutes", series, _days(found))
    return _section("Minutes, summed up", chart, f'<ul class="legend">{legend}</ul>', left)


def _series(line: Line, dashed: bool) -> Series:
    return Series(line.name, _STYLES[line.policy], [one.all.seconds / _MINUTE for one in line.ran], dashed)


def _days(found: Figures) -> list[str]:
    return [date(one) for one in found.lines[0].ran]


def _commits(found: Figures) -> str:
    lines = [found.line(SHOWN, text) for text in Text]
    series = [
        Series(str(line.text), style, [one.all.runs for one in line.ran])
        for line, style in zip(lines, ("original", "rewritten"), strict=True)
    ]
    chart, width = bars(f"Steps that ran at each commit with {SHOWN}", "steps", series, _days(found))
    each = "Each bar is a commit." if width == 1 else f"Each bar sums up {width} commits."
    legend = "".join(f"<li>{_swatch(one.style)}{escape(one.name)} Dockerfiles</li>" for one in series)
    return _section(f"Steps run, {SHOWN}", chart, f'<ul class="legend">{legend}</ul>', f"<p>{each}</p>")


def _targets(found: Figures) -> str:
    listed = list(by_target(found, SHOWN).items())
    heads = [("Target", ""), ("Steps run", "n"), ("rewritten", "n"), ("Minutes", "n"), ("rewritten", "n"), ("", "b")]
    most = max((one.seconds for _, (one, _) in listed), default=0.0) or 1.0
    rows = [
        [
            escape(clean_line(name)),
            f"{one.runs:,}",
            f"{other.runs:,}",
            minutes(one.seconds),
            minutes(other.seconds),
            f'<span class="part original" style="width:{10 * one.seconds / most:.2f}rem"></span><br/>'
            f'<span class="part rewritten" style="width:{10 * other.seconds / most:.2f}rem"></span>',
        ]
        for name, (one, other) in listed[:_TARGETS]
    ]
    if not rows:
        return _section(f"Targets, {SHOWN}", "<p>Nothing ran of any target.</p>")
    more = f"<p>And {len(listed) - _TARGETS} more, which cost less.</p>" if len(listed) > _TARGETS else ""
    note = "<p>Of its own steps; one that several targets have counts for each of them here, and once above.</p>"
    return _section(f"Targets, {SHOWN}", _table(heads, rows), more, note)


def _costly(found: Figures, changed: Callable[[str], Sequence[str]]) -> str:
    heads = [("Commit", ""), ("Minutes", "n"), ("rewritten", "n"), ("First to run", ""), ("Changed", "")]
    line, other = (found.line(SHOWN, text) for text in Text)
    rewritten = {one.build.commit.oid: one for one in other.ran}
    rows = [
        [
            _commit(one),
            minutes(one.all.seconds),
            minutes(rewritten[one.build.commit.oid].all.seconds),
            _first(one),
            _some([escape(clean_line(path)) for path in changed(one.build.commit.oid)], "file"),
        ]
        for one in found.costly(line, _COMMITS)
    ]
    if not rows:
        return ""
    return _section(f"The commits that cost most, {SHOWN}", _table(heads, rows))


def _commit(one: Ran) -> str:
    commit = one.build.commit
    pull = " (pull request)" if commit.pull else ""
    return f"<code>{commit.oid[:_SHORT]}</code> {date(one)}{pull}<br/>{escape(clean_line(commit.subject))}"


def _first(one: Ran) -> str:
    steps: dict[str, list[str]] = {}
    for target, step in one.first.items():
        steps.setdefault(step, []).append(target)
    return _some([f"<code>{escape(step)}</code> ({_names(names)})" for step, names in steps.items()], "place")


def _names(names: Sequence[str]) -> str:
    return escape(clean_line(names[0])) if len(names) == 1 else f"{len(names)} targets"


def _some(found: Sequence[str], what: str) -> str:
    """The first few, and how many more there are; HTML in, HTML out."""
    more = len(found) - _FILES
    rest = [f"and {more} more {what}{'' if more == 1 else 's'}"] if more > 0 else []
    return "<br/>".join([*found[:_FILES], *rest])


def _notes(found: Figures) -> str:
    notes = [
        f"Minutes are {escape(found.basis)}. They are those of all steps one after the other; a builder runs some "
        "side by side, and pulling bases, reading caches and pushing come on top.",
        "Steps that <i>may</i> run copy from a stage that runs again: they are in the cache where the files come out "
        "the same. They are in no other number.",
        "Commits that a merge brought are taken for one pull request that was built commit by commit right before the "
        "merge. A pull request that was squashed is a commit of the branch.",
        "Base images are taken to be the same as long as their reference is. The oldest commit only fills the caches.",
        "What a commit changed is told against its first parent; what ran depends on the caches that it could read.",
        "Rewritten Dockerfiles are those that <code>bakegen rewrite</code> would make at each commit, with what is "
        "known of base images and of how often files change today.",
    ]
    notes += [f"Not read, {count} of the commits: {escape(clean_line(one))}." for one, count in found.problems.items()]
    notes += [f"Not told, {escape(clean_line(name))}: {escape(clean_line(why))}." for name, why in found.untold.items()]
    listed = "".join(f"<li>{one}</li>" for one in notes)
    return _section("What these numbers are", f"<ul>{listed}</ul>", f"<footer>bakegen {escape(__version__)}</footer>")
