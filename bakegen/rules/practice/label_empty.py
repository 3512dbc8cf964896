"""Rule DF215: a label of the configuration that is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._labels import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    wanted = subject.settings.labels
    if wanted:
        for label in labelled(subject):
            if label.key in wanted and label.value is not None and not label.value:
                yield Finding(label.value_span, f"the label {label.key} is empty", "give it a value, or take it out")


_WANTED = {"labels": {"maintainer": "email"}}

RULE = Rule(
    code="DF215",
    name="label-empty",
    summary="Give labels of the configuration a value",
    why="A label that is there with nothing in it passes a check for its key and tells nobody anything. Some clear a "
    "label of the base image that way, which is right: it cannot be taken out. Silence the rule there. Only "
    "`labels` of the configuration are looked at.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Nothing", "FROM scratch\nLABEL ⟦maintainer=⟧\n", settings=_WANTED, message="maintainer"),
        Example("Nothing in quotes", 'FROM scratch\nLABEL maintainer=⟦""⟧ a=""\n', settings=_WANTED),
        Example("A value from outside", "FROM scratch\nARG ME\nLABEL maintainer=$ME\n", settings=_WANTED),
        Example("A value", "FROM scratch\nLABEL maintainer=me\n", settings=_WANTED),
    ),
    twins=("hadolint:DL3051",),
    words=("label",),
)
