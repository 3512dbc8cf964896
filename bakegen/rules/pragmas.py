"""Comments that silence findings: ours, hadolint's, and BuildKit's ``check`` directive.

- ``# bakegen ignore=CODE,NAME reason`` and ``# hadolint ignore=DL3006``: for the instruction below;
- ``# bakegen global ignore=…`` and ``# hadolint global ignore=…``: for the file;
- ``# check=skip=NAME,…`` among the parser directives: BuildKit's own checks, for the file; above an instruction:
  for that one, as versions of BuildKit later than 0.25 have it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.directives import detect, read_directive
from bakegen.dockerfile.syntax import LeafKind
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Dockerfile

PRAGMA = re.compile(
    r"#\s*(?P<tool>bakegen|hadolint)\s+(?P<everywhere>global\s+)?ignore\s*=\s*(?P<words>[\w:*-]+(?:\s*,\s*[\w:*-]+)*)"
)
WORD = re.compile(r"[\w:*-]+")
"""The grammar of such a comment, from its ``#`` on, and of one of its words."""


@dataclass(frozen=True, slots=True)
class Pragma:
    """One word of a comment that silences something.

    Attributes:
        word: the code or name.
        span: where the word stands.
        tool: ``bakegen``, ``hadolint`` or ``buildkit``.
        area: the part of the source that it counts for; None for the whole file.
    """

    word: str
    span: Span
    tool: str
    area: Span | None


def pragmas(dockerfile: Dockerfile) -> tuple[Pragma, ...]:
    """All of a file, in its order."""
    text = dockerfile.source.text
    found: list[Pragma] = []
    if "ignore" in text:
        found.extend(_comments(dockerfile, text))
    if "check" in text:
        check = detect(text, "check")
        if check is not None:
            found.extend(_skips(check.value, check.start, None))
        found.extend(_skips_above(dockerfile, text))
    return tuple(found)


def _comments(dockerfile: Dockerfile, text: str) -> Iterator[Pragma]:
    instructions = dockerfile.tree.instructions
    for leaf in dockerfile.tree.leaves():
        if leaf.kind is not LeafKind.COMMENT:
            continue
        match = PRAGMA.match(text[leaf.start : leaf.end].lstrip())
        if match is None:
            continue
        lead = leaf.end - leaf.start - len(text[leaf.start : leaf.end].lstrip())
        area = None
        if not match["everywhere"]:
            # The instruction that the comment stands in, or the next one.
            node = next((one for one in instructions if one.end > leaf.start), None)
            if node is None:
                continue
            area = Span(node.start, node.end)
        for word in WORD.finditer(match["words"]):
            start = leaf.start + lead + match.start("words") + word.start()
            yield Pragma(word[0], Span(start, start + len(word[0])), match["tool"], area)


def _skips_above(dockerfile: Dockerfile, text: str) -> Iterator[Pragma]:
    """Those of one instruction: only the first such comment counts. Source: WithMergedConfigFromComments."""
    for node in dockerfile.tree.instructions:
        for comment in node.comments:
            found = read_directive(text[comment.start : comment.end].rstrip())
            if found is not None and found.name == "check":
                value = found.value.partition(" ")[0]
                yield from _skips(value, comment.start + found.start, Span(node.start, node.end))
                break


def _skips(value: str, at: int, area: Span | None) -> Iterator[Pragma]:
    for part in value.split(";"):
        key, _, words = part.partition("=")
        if key.strip().lower() == "skip":
            base = at + len(key) + 1
            for word in WORD.finditer(words):
                start = base + word.start()
                yield Pragma(word[0], Span(start, start + len(word[0])), "buildkit", area)
        at += len(part) + 1
