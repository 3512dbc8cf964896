"""What the user reads at the end of a build: a note for each rewrite, and the warnings about the text that he wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bakegen.diagnostics import one_line
from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.messages import llb_pb2 as llb
from bakegen.frontend.sourcemap import LineMap
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.frontend.context import Entrypoint
    from bakegen.frontend.rewriting import Rewriting
    from bakegen.rewrites.driver import Applied

_LEVEL = 1
"""As Docker's own frontend has it for lint: shown among the warnings, never the end of a build."""

_LONGEST = 200


def notes(entry: Entrypoint, rewriting: Rewriting) -> Iterator[gateway.WarnRequest]:
    """A note for each rewrite, at the line of the user's text; and one for why nothing was done."""
    before = Source.from_bytes(entry.filename, rewriting.before)
    if rewriting.note:
        done = "changed nothing" if not rewriting.changed else "note"
        yield _note(entry, f"bakegen: {done}: {rewriting.note}", ())
    for index, change in enumerate(rewriting.applied):
        first, last = _place(before, rewriting.applied[:index], change)
        proposal = change.proposal
        line = " ".join(before.line_text(first).split())
        detail = [proposal.reason, proposal.gain, *(f"taken for granted: {one}" for one in proposal.assumes)]
        place = llb.Range(start=llb.Position(line=first), end=llb.Position(line=last))
        yield _note(entry, f"bakegen {proposal.rewrite}: {line} (line {first})", (place,), detail)


def own_warnings(entry: Entrypoint, lint: gateway.Result) -> Iterator[gateway.WarnRequest]:
    """The warnings of Docker's own frontend about the user's text, out of what it answers to ``frontend.lint``.

    Source: frontend/subrequests/lint/lint.go and LintFormatShort in frontend/dockerfile/linter/linter.go of BuildKit.
    """
    try:
        found: dict[str, Any] = json.loads(lint.metadata["result.json"])
        warnings: list[dict[str, Any]] = found.get("warnings") or []
        made = [_own_warning(entry, one) for one in warnings]
    except (ValueError, TypeError, AttributeError):
        return
    yield from made


def _own_warning(entry: Entrypoint, found: dict[str, Any]) -> gateway.WarnRequest:
    places = [
        llb.Range(start=_position(one.get("start")), end=_position(one.get("end")))
        for one in (found.get("location") or {}).get("ranges") or ()
    ]
    line = places[0].start.line if places else 0
    short = f"{found.get('ruleName', '')}: {found.get('detail', '')} (line {line})"
    return _note(entry, short, places, [str(found.get("description", ""))], str(found.get("url", "")))


def _position(found: Any) -> llb.Position:
    given = found or {}
    return llb.Position(line=int(given.get("line", 0)), character=int(given.get("character", 0)))


def _place(before: Source, earlier: Sequence[Applied], change: Applied) -> tuple[int, int]:
    """The lines of the user's text that a change is about."""
    source = Source("", change.before)
    span = change.proposal.span
    first = source.position(span.start)[0]
    last = source.position(max(span.start, span.end - 1))[0]
    return LineMap(before.text, earlier).lines(first, last)


def _note(
    entry: Entrypoint, short: str, places: Sequence[llb.Range], detail: Sequence[str] = (), url: str = ""
) -> gateway.WarnRequest:
    info = llb.SourceInfo(filename=entry.filename, data=entry.text, language="Dockerfile")
    info.definition.CopyFrom(entry.files.definition)
    text = one_line(short)
    return gateway.WarnRequest(
        digest=entry.files.digest,
        level=_LEVEL,
        short=(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…").encode("utf-8", "replace"),
        detail=[one_line(one).encode("utf-8", "replace") for one in detail],
        url=url,
        info=info,
        ranges=places,
    )
