"""Rule BK113: ``ENV KEY value``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.chars import SPACE
from bakegen.dockerfile.expand import ExpandError, expand, variables_of
from bakegen.dockerfile.instructions import Env, Label
from bakegen.dockerfile.lexer import split_words
from bakegen.rules.buildkit._walk import carried_out
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.syntax import Instruction
    from bakegen.rules.dockerfiles import DockerfileSubject

_KEY = re.compile(r"[\w./-]+")
_BLANKS = re.compile(f"[{SPACE}]+")
# A value as its own text, as text in double quotes, or with its blanks escaped.
_BARE, _QUOTED, _ESCAPED = range(3)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for done in carried_out(subject, Env, Label):
        command = done.step.command
        assert isinstance(command, (Env, Label))
        for pair in command.pairs:
            if pair.legacy:
                yield Finding(
                    done.span(pair.span),
                    f"{command.name} {pair.key} is separated from its value by a blank",
                    f"write {command.name} {pair.key}=…",
                    done.label(subject),
                    _fix(subject, command.node) if done.own else None,
                )


def _fix(subject: DockerfileSubject, node: Instruction) -> Fix | None:
    logical = node.logical
    blank = _BLANKS.search(logical, node.arguments_start, node.arguments_end)
    assert blank is not None
    key = logical[node.arguments_start : blank.start()]
    value = logical[blank.end() : node.arguments_end]
    between = subject.slice(node.place(blank.start(), blank.end()))
    if not _KEY.fullmatch(key) or "#" in between or "\n" in value:
        return None
    escape = subject.dockerfile.escape
    for changes in _ways(value, escape):
        result = _changed(value, changes)
        if _same(key, value, result, escape):
            # What stands between key and value may go on over lines: it goes as a whole.
            edits = [Edit(node.place(blank.start(), blank.end()), "=")]
            for at, (dropped, put_in) in sorted(changes.items()):
                place = node.place(blank.end() + at, blank.end() + at + dropped)
                if at == len(value):
                    end = node.arguments_span.end
                    place = type(place)(end, end)
                edits.append(Edit(place, put_in))
            return Fix(_joined(edits), f"Write {key}=…", True, "BuildKit reads the same key and the same value")
    return None


def _joined(edits: list[Edit]) -> tuple[Edit, ...]:
    """Edits that touch, as one: ``=`` and the quote behind it."""
    found: list[Edit] = []
    for edit in edits:
        if found and found[-1].span.end == edit.span.start:
            last = found.pop()
            edit = Edit(type(edit.span)(last.span.start, edit.span.end), last.text + edit.text)
        found.append(edit)
    return tuple(found)


def _ways(value: str, escape: str) -> Iterator[dict[int, tuple[int, str]]]:
    """Changes to the value that may keep it one word: offset -> (characters dropped, text put in)."""
    yield {}
    quotes = [at for at, char in enumerate(value) if char == '"' and value[at - 1 : at] != escape]
    plain: dict[int, tuple[int, str]] = dict.fromkeys(quotes, (1, ""))
    plain[0] = (plain.get(0, (0, ""))[0], '"')
    plain[len(value)] = (0, '"')
    yield plain
    blanks = {}
    quote = ""
    for at, char in enumerate(value):
        if quote:
            quote = "" if char == quote and (quote == "'" or value[at - 1 : at] != escape) else quote
        elif char in "'\"" and value[at - 1 : at] != escape:
            quote = char
        elif char in SPACE:
            blanks[at] = (0, escape)
    yield blanks


def _changed(value: str, changes: dict[int, tuple[int, str]]) -> str:
    out = []
    skip = 0
    for at in range(len(value) + 1):
        dropped, put_in = changes.get(at, (0, ""))
        out.append(put_in)
        skip = max(skip, at + dropped)
        if skip <= at:
            out.append(value[at : at + 1])
    return "".join(out)


def _same(key: str, old: str, new: str, escape: str) -> bool:
    """Whether BuildKit takes `new` for one word with the value of `old`, whatever its variables are."""
    text = f"{key}={new}"
    words = split_words(text, 0, len(text), escape)
    if len(words) != 1 or words[0].text != text:
        return False
    names = sorted(variables_of(old, escape))
    tries: list[dict[str, str]] = [{}, dict.fromkeys(names, ""), {name: f"<{name} a  b>" for name in names}]
    try:
        return all(expand(old, one, escape) == expand(new, one, escape) for one in tries)
    except ExpandError:
        return False


RULE = Rule(
    code="BK113",
    name="legacy-key-value-format",
    summary="Write ENV and LABEL with an equals sign",
    why=(
        "`ENV KEY a value` takes all that follows the first blank as the value: one variable an instruction, and "
        "blanks and quotes are easily misread (`ENV A B=C` sets A, to `B=C`). The form is deprecated; it may go in a "
        'later version of the syntax. `ENV KEY="a value"` says where the value ends.\n\nThe fix writes the same value: '
        "quotes where they are needed, escaped blanks where quotes would change what is in the value."
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "One word, and several",
            "FROM busybox\nENV ⟦A one⟧\nLABEL ⟦title  a $A title⟧\n",
            'FROM busybox\nENV A=one\nLABEL title="a $A title"\n',
            message="ENV A",
        ),
        Example(
            "Quotes that are there already",
            'FROM busybox\nENV ⟦A "one two"⟧\nENV ⟦B one "two  three"⟧\nENV ⟦C it"\'"s \'$A\'⟧\n',
            'FROM busybox\nENV A="one two"\nENV B="one two  three"\nENV C=it"\'"s\\ \'$A\'\n',
        ),
        Example(
            "Over several lines",
            "FROM busybox\nENV ⟦PACKAGES \\\n    curl \\\n # the compiler\n    gcc⟧\nRUN echo $PACKAGES\n",
            'FROM busybox\nENV PACKAGES="curl \\\n # the compiler\n    gcc"\nRUN echo $PACKAGES\n',
        ),
        Example("A default with blanks", "FROM busybox\nENV ⟦A ${B:-x y}⟧\n", 'FROM busybox\nENV A="${B:-x y}"\n'),
        Example("An equals sign in the value", "FROM busybox\nENV ⟦OPTS -a=b⟧\n", "FROM busybox\nENV OPTS=-a=b\n"),
        Example("What an ONBUILD brings", "FROM busybox AS base\nONBUILD ENV A b\n⟦FROM base⟧\nUSER nobody\n"),
        Example("With an equals sign", 'FROM busybox\nENV A=one B="two three"\nLABEL c=d\n'),
        Example("An ONBUILD that nothing triggers", "FROM busybox\nONBUILD ENV A b\n"),
        Example("ARG knows no such form", "FROM busybox\nARG A B\n"),
    ),
    twins=("buildkit:LegacyKeyValueFormat",),
    words=("env", "label"),
    links=("https://docs.docker.com/reference/build-checks/legacy-key-value-format/",),
)
