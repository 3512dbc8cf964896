"""Comments in YAML that silence findings, with the grammar of those in Dockerfiles (`pragmas`).

At the end of a line one counts for that line; alone on its line for the next one that is no comment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.rules.pragmas import PRAGMA, WORD, Pragma
from bakegen.text import Span

if TYPE_CHECKING:
    from bakegen.rules.project_subject import ProjectSubject

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)


def definition_pragmas(subject: ProjectSubject) -> tuple[Pragma, ...]:
    """All of a file, in its order."""
    source = subject.source
    text = source.text
    if "ignore" not in text:
        return ()
    found: list[Pragma] = []
    for comment in _COMMENT.finditer(text):
        match = PRAGMA.match(comment[0])
        # What looks like a comment inside of a value, a Dockerfile's for one, is none of YAML's.
        if match is None or match["tool"] != "bakegen" or _in_a_value(subject, comment.start()):
            continue
        area = None
        if not match["everywhere"]:
            line = source.position(comment.start())[0]
            if not text[source.offset(line) : comment.start()].strip():
                line += 1
                while line <= source.line_count and source.line_text(line).strip()[:1] in ("", "#"):
                    line += 1
            if line > source.line_count:
                continue
            start = source.offset(line)
            area = Span(start, start + len(source.line_text(line)))
        for word in WORD.finditer(match["words"]):
            start = comment.start() + match.start("words") + word.start()
            found.append(Pragma(word[0], Span(start, start + len(word[0])), "bakegen", area))
    return tuple(found)


def _in_a_value(subject: ProjectSubject, at: int) -> bool:
    return any(one.scalar.start <= at < one.scalar.end for one in subject.written)
