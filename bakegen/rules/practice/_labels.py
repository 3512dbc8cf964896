"""The labels of a Dockerfile with what the configuration wants of them, for the rules about labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bakegen.diagnostics import Severity
from bakegen.dockerfile import ExpandError, expand
from bakegen.dockerfile.instructions import Label
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject


@dataclass(frozen=True, slots=True)
class Labelled:
    """One label.

    Attributes:
        key: without quotes; None where it holds variables.
        value: without quotes; None where it holds variables.
        key_span: where the key stands.
        value_span: where the value stands; the whole pair where it is empty.
        stage: the stage that it is in.
    """

    key: str | None
    value: str | None
    key_span: Span
    value_span: Span
    stage: Stage


def labelled(subject: DockerfileSubject) -> Iterator[Labelled]:
    """All labels in the order of the file, those inside an ONBUILD left out."""
    for stage, command in subject.own(Label):
        for pair in command.pairs:
            text = subject.slice(pair.span)
            key_end = pair.span.start + len(pair.key) if text.startswith(pair.key) else pair.span.end
            key_span = Span(pair.span.start, key_end)
            # A value that a continuation splits does not stand there as it is.
            value_start = pair.span.end - len(pair.value) if pair.value and text.endswith(pair.value) else None
            value_span = Span(value_start, pair.span.end) if value_start is not None else pair.span
            escape = subject.dockerfile.escape
            yield Labelled(_plain(pair.key, escape), _plain(pair.value, escape), key_span, value_span, stage)


def _plain(text: str, escape: str) -> str | None:
    """A text without its quotes; None where variables count in it."""
    try:
        plain = expand(text, {}, escape)
        return plain if expand(text, _Marked(), escape) == plain else None
    except ExpandError:
        return None


class _Marked:
    """Every variable has a value that nobody writes."""

    def get(self, name: str, /) -> str | None:
        """A text that shows that the variable was read."""
        return "\0"


def _wrong(
    subject: DockerfileSubject, kind: str, holds: Callable[[str], bool], what: str, help: str
) -> Iterator[Finding]:
    """The labels that should have values of a kind and have another.

    Args:
        subject: the Dockerfile.
        kind: the kind as the configuration calls it.
        holds: whether a value is of the kind.
        what: what the value is not, for the message: "a URL".
        help: what to write.
    """
    wanted = {key for key, value in subject.settings.labels.items() if value == kind}
    if not wanted:
        return
    for label in labelled(subject):
        if label.key in wanted and label.value and not holds(label.value):
            yield Finding(label.value_span, f"{label.value!r} of the label {label.key} is not {what}", help)


def kind_rule(
    *,
    code: str,
    name: str,
    summary: str,
    why: str,
    kind: str,
    twin: str,
    holds: Callable[[str], bool],
    what: str,
    help: str,
    label: str,
    wrong: tuple[str, ...],
    right: tuple[str, ...],
) -> Rule:
    """The rule about labels that should have values of one kind.

    Args:
        code, name, summary, why: see `Rule`; `twin` is its only twin.
        kind: the kind as the configuration calls it.
        holds: whether a value is of the kind.
        what: what other values are not, for the message: "a URL".
        help: what to write.
        label: the label of the examples.
        wrong, right: values as they are written in examples, at least two of each.
    """

    def check(subject: DockerfileSubject) -> Iterator[Finding]:
        return _wrong(subject, kind, holds, what, help)

    def example(title: str, value: str, settings: Mapping[str, Any]) -> Example:
        return Example(title, f"FROM scratch\nLABEL {label}={value}\n", settings=settings)

    wanted = {"labels": {label: kind}}
    titles = ("Another value", *(f"Near it, {number}" for number in range(1, len(wrong))))
    examples = [example(title, f"⟦{value}⟧", wanted) for title, value in zip(titles, wrong, strict=True)]
    titles = ("As it should be", *(f"Also right, {number}" for number in range(1, len(right))))
    examples += [example(title, value, wanted) for title, value in zip(titles, right, strict=True)]
    outside = Example("A value from outside", f"FROM scratch\nARG V\nLABEL {label}=$V\n", settings=wanted)
    examples += [outside, example("Nothing is wanted of it", wrong[0], {})]
    return Rule(
        code=code,
        name=name,
        summary=summary,
        why=why,
        severity=Severity.WARNING,
        kind=Kind.DOCKERFILE,
        check=check,
        examples=tuple(examples),
        twins=(twin,),
        words=("label",),
    )
