"""Rule DF210: a variable that is read in the ENV that sets it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile import variables_of
from bakegen.dockerfile.instructions import Arg, Env
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.practice._stages import parents
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Pair
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if not any(len(command.pairs) > 1 for _, command in subject.own(Env)):
        return
    above = parents(subject)
    known: list[set[str]] = []
    for stage in subject.stages:
        parent = above[stage.index]
        names = {"PATH"} if parent is None else set(known[parent.index])
        facts = subject.evidence.bases.get(stage.start.image.text)
        if facts is not None:
            names |= {name for name, _ in facts.env}
        for command in stage.commands:
            if isinstance(command, Arg):
                names |= {item.name for item in command.items}
            elif isinstance(command, Env):
                yield from _env(subject, command, names)
                names |= {pair.key for pair in command.pairs}
        known.append(names)


def _env(subject: DockerfileSubject, command: Env, known: set[str]) -> Iterator[Finding]:
    escape = subject.dockerfile.escape
    places: dict[str, list[int]] = {}
    for index, pair in enumerate(command.pairs):
        places.setdefault(pair.key, []).append(index)
    for index, pair in enumerate(command.pairs):
        for name in sorted(variables_of(pair.value, escape) - known - {pair.key}):
            for at in places.get(name, ())[:1]:
                message = f"${name} has its new value only after this ENV: here it is empty, or what the base sets"
                yield Finding(
                    _reference(subject, pair, name),
                    message,
                    "set it in an ENV of its own above",
                    ((command.pairs[at].span, "set here"),),
                    _split(subject, command, index) if at < index else None,
                )


def _reference(subject: DockerfileSubject, pair: Pair, name: str) -> Span:
    """The place of ``$name`` in a pair; the pair where a continuation splits it."""
    found = re.search(
        r"\$(?:\{%s\}|\{%s(?=[:+?#%%/-])[^}]*\}|%s\b)" % ((re.escape(name),) * 3), subject.slice(pair.span)
    )
    return pair.span if found is None else Span(pair.span.start + found.start(), pair.span.start + found.end())


def _split(subject: DockerfileSubject, command: Env, index: int) -> Fix | None:
    """The ENV in two, the second beginning with the pair at `index`."""
    gap = Span(command.pairs[index - 1].span.end, command.pairs[index].span.start)
    text = subject.slice(gap)
    if text.strip(" \t\r\n" + subject.dockerfile.escape):
        return None  # a comment
    line_end = "\r\n" if "\r\n" in subject.source.text else "\n"
    edit = Edit(gap, f"{line_end}{command.node.keyword} ")
    why = "the value becomes another one: what is written there"
    return Fix((edit,), "Begin another ENV", False, why)


RULE = Rule(
    code="DF210",
    name="env-self-reference",
    summary="Read a variable only after the ENV that sets it",
    why="All values of one ENV are worked out before any of its variables is set: `ENV HOME=/app "
    "PATH=$HOME/bin:$PATH` puts the `bin` of the old HOME on the path, or `/bin` where there was none. Nothing "
    "warns of it.\n\n"
    "A variable that the file has set before is left alone, as its old value may be meant (`ENV A=2 OLD=$A`), "
    "and so is one that stands in its own value (`PATH=$PATH:/x`). One that only an unknown base image sets is "
    "found.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A home and a path",
            "FROM debian:13\nENV APP=/app PATH=⟦$APP⟧/bin:$PATH\n",
            "FROM debian:13\nENV APP=/app\nENV PATH=$APP/bin:$PATH\n",
            safe=False,
            message="$APP",
        ),
        Example(
            "Over lines",
            'FROM debian:13\nENV A=1 \\\n    B="x${⟦A⟧}"\n'.replace("${⟦A⟧}", "⟦${A}⟧"),
            'FROM debian:13\nENV A=1\nENV B="x${A}"\n',
            safe=False,
        ),
        Example("The one below", "FROM debian:13\nENV B=⟦${A:-x}⟧ A=1\n"),
        Example("In its own value", "FROM debian:13\nENV PATH=$PATH:/app LANG=C\n"),
        Example("The path is always there", "FROM debian:13\nENV PATH=/app:$PATH OLD=$PATH\n"),
        Example("Set before", "FROM debian:13 AS a\nARG A=1\nENV A=2 B=$A\nFROM a\nENV A=3 C=$A\n"),
        Example("Quoted", "FROM debian:13\nENV A=1 B='$A' C=\\$A\n"),
        Example("Another name", "FROM debian:13\nENV A=1 B=$AB\n"),
    ),
    twins=("hadolint:DL3044",),
    words=("env",),
    links=("https://docs.docker.com/reference/dockerfile/#environment-replacement",),
)
