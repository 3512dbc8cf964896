"""A stage's instructions in one normal form, for keys over what a build would do; used by content keys.

What BuildKit ignores does not count: comments, blank lines, the case of keywords, line continuations, white space
between words, the place of the stage in the file. What it keeps does: the text of a RUN with its inner white
space, the order of everything, heredocs, triggers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.chars import WORD
from bakegen.dockerfile.lexer import split_words

if TYPE_CHECKING:
    from bakegen.dockerfile.model import Dockerfile, Stage
    from bakegen.dockerfile.syntax import Instruction

_WORDS = frozenset(("FROM", "COPY", "ADD", "EXPOSE", "VOLUME"))
_PAIRS = frozenset(("ENV", "LABEL", "ARG"))


def stage_text(dockerfile: Dockerfile, stage: Stage | None) -> str:
    """The instructions of `stage`, one a line, in a form that is equal only where BuildKit reads the same.

    None stands for what is above all stages: the frontend asked for and the global ARGs.
    """
    escape = dockerfile.escape
    if stage is None:
        lines = [repr(f"syntax={dockerfile.syntax or ''}")]
        nodes = [arg.node for arg in dockerfile.global_args]
    else:
        lines = []
        nodes = [stage.start.node, *(command.node for command in stage.commands)]
    lines += [instruction_text(node, escape) for node in nodes]
    return "\n".join(lines)


def instruction_text(node: Instruction, escape: str = "\\") -> str:
    """One instruction in its normal form, on one line."""
    parts = [node.name, *(flag.text for flag in node.flags)]
    if node.trigger is not None:
        parts.append(instruction_text(node.trigger, escape))
        return _joined(parts)
    name = node.name
    if node.json is not None:
        parts += ["json", *(word.text for word in node.json)]
    elif name in _WORDS:
        parts += ["words", *_words(node)]
    elif name in _PAIRS:
        words = split_words(node.logical, node.arguments_start, node.arguments_end, escape)
        # ENV and LABEL in the form `key value` keep the text as it stands.
        legacy = name != "ARG" and bool(words) and "=" not in words[0].text
        parts += ["text", node.arguments] if legacy else ["words", *(word.text for word in words)]
        if escape != "\\":
            parts.append(f"escape={escape}")
    elif name == "HEALTHCHECK":
        parts += ["text", *node.arguments.split(None, 1)]
    else:
        parts += ["text", node.arguments]
    for heredoc in node.heredocs:
        marks = ("-" if heredoc.chomp else "") + ("" if heredoc.expand else "'")
        parts += [f"<<{marks}{heredoc.name}", heredoc.body]
    return _joined(parts)


def _words(node: Instruction) -> list[str]:
    found = WORD.findall(node.logical, node.arguments_start, node.arguments_end)
    if node.name == "FROM" and len(found) == 3:
        found = [found[0], "AS", found[2].lower()]
    return found


def _joined(parts: list[str]) -> str:
    # Quoted, so that no two different lists of parts give one text.
    return " ".join(repr(part) for part in parts)
