"""Rule DF229: a key that one instruction sets twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Env, Label
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bakegen.dockerfile.instructions import Pair
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from _in(subject, (command.pairs for _, command in subject.own(Env)))
    yield from _in(subject, (command.pairs for _, command in subject.own(Label)))


def _in(subject: DockerfileSubject, instructions: Iterable[tuple[Pair, ...]]) -> Iterator[Finding]:
    for pairs in instructions:
        later: dict[str, Pair] = {}
        for index, pair in reversed(list(enumerate(pairs))):
            key = pair.key.strip("\"'")
            if "$" in key or key not in later:
                later[key] = pair
                continue
            message = f"{key} is set again in this instruction, so that this value is lost"
            fix = _fix(subject, pair, pairs[index + 1])
            yield Finding(pair.span, message, "take it out", ((later[key].span, "set again"),), fix)


def _fix(subject: DockerfileSubject, pair: Pair, following: Pair) -> Fix | None:
    """The pair taken out, with what lies between it and the next."""
    gap = subject.slice(Span(pair.span.end, following.span.start))
    if gap.strip(" \t\r\n" + subject.dockerfile.escape):
        return None  # a comment
    edit = Edit(Span(pair.span.start, following.span.start), "")
    return Fix((edit,), "Take out the first", True, "the last value of a key is the one that counts")


RULE = Rule(
    code="DF229",
    name="duplicate-key",
    summary="Set each key once in an ENV or LABEL",
    why="Of two values of one key in one instruction the last counts, and the first is lost without a word. All "
    "values of an ENV are worked out before any is set, so that nothing can have read the first. Most often it "
    "is a slip when lines were copied: look whether the key was to be another.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "In one ENV",
            "FROM scratch\nENV ⟦A=1⟧ \\\n    B=2 \\\n    A=3\n",
            "FROM scratch\nENV B=2 \\\n    A=3\n",
            message="A is set again",
        ),
        Example(
            "Labels, quoted or not",
            'FROM scratch\nLABEL ⟦"a"="1"⟧ a=2\n',
            "FROM scratch\nLABEL a=2\n",
        ),
        Example("A comment between", "FROM scratch\nENV ⟦A=1⟧ \\\n# why\n    B=2 A=3\n"),
        Example("In two instructions", "FROM scratch\nENV A=1\nENV A=$A:2\n"),
        Example("Two keys", "FROM scratch\nENV A=1 a=2\n"),
    ),
    words=("env", "label"),
)
