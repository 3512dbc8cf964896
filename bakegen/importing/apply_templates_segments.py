"""Cuts a template of docker-library's ``jq-template.awk`` into its texts and the jq between ``{{`` and ``}}``.

Followed line by line as the script does it, which is gawk: https://github.com/docker-library/bashbrew
(``scripts/jq-template.awk``). ``}}`` is the end of an expression, ``-}}`` takes the end of its line with it, and what
stands before ``{{`` is always kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN, _CLOSE, _CLOSE_LINE = "{{", "}}", "-}}\n"
_COMMENT = re.compile(r"#[^\n]*\Z")
_HOISTED = re.compile(r"(?:def|include|import)[ \t\n]")


class RefusedError(Exception):
    """Something that is not carried over: where it begins in the template, and why."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a template: `text` as it stands, or jq; `at` is its offset."""

    at: int
    text: str
    is_code: bool = False

    @property
    def is_hoisted(self) -> bool:
        """Whether the script moves it before everything else: a definition, or an include."""
        return self.is_code and _HOISTED.match(self.text) is not None


def segments(template: str) -> tuple[Segment, ...]:
    """The pieces of a template, without comments and what is empty.

    Raises:
        RefusedError: braces that the script puts together in another way than they are meant.
    """
    found: list[Segment] = []
    text = code = ""
    text_at = code_at = at = 0
    for line in template.split("\n"):
        rest = f"{line}\n"
        if at + len(rest) > len(template) and not line:
            break
        start, at = at, at + len(rest)
        opening = rest.find(_OPEN)
        if not code and opening < 0:
            text_at, text = (text_at if text else start), text + rest
            continue
        if not code:
            text_at, text = (text_at if text else start), text + rest[:opening]
            start, rest = start + opening, rest[opening:]
            code_at = start
        if text:
            found.append(Segment(text_at, text))
            text = ""
        code += rest
        if code.count(_OPEN) > code.count(_CLOSE):
            continue
        found += _inside(code, code_at)
        last = found.pop()
        text, text_at, code = last.text, last.at, ""
    if code:
        raise RefusedError(code_at, "`{{` without `}}`")
    return tuple(one for one in (*found, Segment(text_at, text)) if one.text)


def _inside(code: str, at: int) -> Iterator[Segment]:
    """The pieces of lines that begin with ``{{``; the last is the text that they end with."""
    while (opening := code.find(_OPEN)) >= 0:
        yield Segment(at, code[:opening])
        at, code = at + opening + len(_OPEN), code[opening + len(_OPEN) :]
        end, mark = code.find(_CLOSE_LINE), _CLOSE_LINE
        if end < 0:
            end, mark = code.find(_CLOSE), _CLOSE
        if end < 0 or _CLOSE in code[:end]:
            raise RefusedError(at, "`}}` that jq-template.awk does not take as the end of this expression")
        inner = code[:end].strip(" \t\n\r\f\v")
        if inner and not _COMMENT.match(inner):
            yield Segment(at + code.index(inner), inner, is_code=True)
        at, code = at + end + len(mark), code[end + len(mark) :]
    yield Segment(at, code)
