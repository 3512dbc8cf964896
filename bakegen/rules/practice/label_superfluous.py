"""Rule DF214: a label that the configuration does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    wanted = subject.settings.labels
    if not subject.settings.strict_labels:
        return
    for label in labelled(subject):
        if label.key is not None and label.key not in wanted:
            help = did_you_mean(label.key, wanted) or "take it out, or add it to the configuration"
            yield Finding(label.key_span, f"the label {label.key} is not among those of the configuration", help)


_STRICT = {"labels": {"org.opencontainers.image.title": "text"}, "strict_labels": True}

RULE = Rule(
    code="DF214",
    name="label-superfluous",
    summary="Use no labels beside those of the configuration",
    why="With `strict_labels` the `labels` of the configuration are all there may be: a slip of the pen in a key is "
    "found, and so are labels that nobody looks after. Without it the rule finds nothing.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A slip of the pen",
            "FROM scratch\nLABEL ⟦org.opencontainers.image.titel⟧=a\n",
            settings=_STRICT,
            message="titel",
        ),
        Example("A known one", 'FROM scratch\nLABEL "org.opencontainers.image.title"=a\n', settings=_STRICT),
        Example("A key from outside", "FROM scratch\nARG KEY\nLABEL $KEY=1\n", settings=_STRICT),
        Example("Not strict", "FROM scratch\nLABEL a=b\n", settings={"labels": {"b": "text"}}),
    ),
    twins=("hadolint:DL3050",),
    words=("label",),
)
