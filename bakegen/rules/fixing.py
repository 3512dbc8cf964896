"""Mends a file: applies fixes round by round, and after each looks again whether only what was meant has changed.

A safe fix must leave a file that BuildKit reads, with the same stages, comments, parser directives and image config,
and with instructions in an order that is surely as good; one that does not is not made (and is a bug of its rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites.checks import edited, fault
from bakegen.rewrites.model import Proposal
from bakegen.text import Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Fix, Result

_ROUNDS = 40
S = TypeVar("S")


@dataclass(frozen=True)
class Fixed:
    """A file after its fixes.

    Attributes:
        source: the new text, under the same path.
        made: the findings that were mended, with spans in the text of their round.
        refused: findings whose fix failed a check, with the reason; nothing of it was done.
    """

    source: Source
    made: tuple[Result, ...]
    refused: tuple[tuple[Result, str], ...]


def fix_dockerfile(
    source: Source,
    look: Callable[[Source], tuple[DockerfileSubject, Sequence[Result]]],
    *,
    unsafe: bool = False,
) -> Fixed:
    """Mends a Dockerfile as far as it can be.

    Args:
        source: the Dockerfile.
        look: the subject of a text, and all findings in it that are to be mended where they can.
        unsafe: whether fixes that may change the image are made, too.
    """

    def problem(before: DockerfileSubject, after: DockerfileSubject, results: Sequence[Result]) -> str | None:
        # With an ARG that only a build gives a value, there may be something to refuse before and after.
        if not after.dockerfile.ok or (before.resolved.ok and not after.resolved.ok):
            return "BuildKit would refuse the file"
        safe = [one for one in results if one.finding.fix is not None and one.finding.fix.safe]
        if not safe or len(safe) < len(results):
            return None
        own_order = any(one.finding.fix is not None and one.finding.fix.own_order for one in safe)
        return fault(before.view, after.view, _proposal(safe), own_order=own_order)

    return _fix(source, look, problem, unsafe=unsafe)


def fix_other(source: Source, look: Callable[[Source], Sequence[Result]], *, unsafe: bool = False) -> Fixed:
    """Mends a bake file or a definition, whose fixes are checked by looking again only: none may add an error."""

    def again(text: Source) -> tuple[Sequence[Result], Sequence[Result]]:
        results = look(text)
        return results, results

    def problem(before: Sequence[Result], after: Sequence[Result], results: Sequence[Result]) -> str | None:
        return "it would bring other findings" if len(after) >= len(before) else None

    return _fix(source, again, problem, unsafe=unsafe)


def _fix(
    source: Source,
    look: Callable[[Source], tuple[S, Sequence[Result]]],
    problem: Callable[[S, S, Sequence[Result]], str | None],
    *,
    unsafe: bool,
) -> Fixed:
    made: list[Result] = []
    refused: dict[tuple[str, str], tuple[Result, str]] = {}
    seen = {source.text}
    state, results = look(source)
    for _ in range(_ROUNDS):
        wanted = [
            one
            for one in results
            if one.finding.fix is not None
            and one.finding.fix.edits
            and (one.finding.fix.safe or unsafe)
            and _key(one) not in refused
        ]
        # Safe ones first and alone: what is checked strictly is not mixed with what is not.
        safe = [one for one in wanted if one.finding.fix is not None and one.finding.fix.safe]
        batch = _apart(safe or wanted)
        if not batch:
            break
        for group in [batch] if len(batch) == 1 else [batch, *([one] for one in batch)]:
            text = Source(source.path, edited(source.text, _proposal(group)))
            after, then = look(text)
            why = "it leads back to where it began" if text.text in seen else problem(state, after, group)
            if why is None:
                made.extend(group)
                seen.add(text.text)
                source, state, results = text, after, then
                break
            if len(group) == 1:
                refused[_key(group[0])] = (group[0], why)
    return Fixed(source, tuple(made), tuple(refused.values()))


def _key(result: Result) -> tuple[str, str]:
    """What is the same finding in the next round, wherever it stands then."""
    return result.rule.code, result.source.slice(result.finding.span)


def _apart(results: Iterable[Result]) -> list[Result]:
    """As many results as can be mended at once: their edits do not touch."""
    taken: list[Span] = []
    found = []
    for one in results:
        assert one.finding.fix is not None
        spans = [edit.span for edit in one.finding.fix.edits]
        if all(span.end < other.start or other.end < span.start for span in spans for other in taken):
            taken += spans
            found.append(one)
    return found


def _proposal(results: Sequence[Result]) -> Proposal:
    """The edits of several fixes as one change, in the terms of the rewrites."""
    fixes: list[Fix] = [one.finding.fix for one in results if one.finding.fix is not None]
    edits = tuple(edit for fix in fixes for edit in fix.edits)
    name = ", ".join(sorted({one.rule.name for one in results}))
    return Proposal(name, results[0].finding.span, edits, Tier.FACTS, Equivalence.IMAGE, "", "")
