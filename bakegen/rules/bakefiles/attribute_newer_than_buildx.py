"""Rule BF406: something that the oldest buildx in use does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.entries import entries
from bakegen.definition.attributes import ATTRIBUTES, OBJECT_ENTRIES_SINCE
from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import older_than, once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.values import Value
    from bakegen.rules.bakefile_subject import BakeSubject

_OBJECTS = ("cache-from", "cache-to", "output", "secret", "ssh", "attest")
_VARIABLE = {"type": "0.24"}
_VALIDATION = "0.19"


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.document.problems:
        return
    told = f"buildx {subject.settings.buildx}"
    for block in subject.document.blocks:
        for attribute in block.attributes:
            since = ""
            if block.kind == "target" and attribute.name in ATTRIBUTES:
                since = ATTRIBUTES[attribute.name].since
            elif block.kind == "variable":
                since = _VARIABLE.get(attribute.name, "")
            if since and older_than(subject, since):
                yield Finding(attribute.name_span, f"{told} does not know {attribute.name}, which came with {since}")
        for inner in block.blocks:
            if block.kind == "variable" and inner.kind == "validation" and older_than(subject, _VALIDATION):
                yield Finding(inner.name_span, f"{told} does not know validation, which came with {_VALIDATION}")
    if older_than(subject, OBJECT_ENTRIES_SINCE):
        for name in _OBJECTS:
            yield from _objects(subject, name, told)


def _objects(subject: BakeSubject, name: str, told: str) -> Iterator[Finding]:
    for _, value in subject.written(name):
        for entry in entries(value, name):
            found: Value = entry.value
            if not entry.as_text and subject.here(found):
                message = f"{told} takes text in {name}, objects came with {OBJECT_ENTRIES_SINCE}"
                yield Finding(
                    found.span, message, "write the fields as text: type=…,name=value", severity=Severity.ERROR
                )


RULE = Rule(
    code="BF406",
    name="attribute-newer-than-buildx",
    summary="Use only what the oldest buildx in use knows",
    why="A bake that does not know an attribute does without it and says nothing; entries that are written as "
    "objects stop one that expects text. The setting `buildx` says which version is the oldest that the file "
    "must work with; without it nothing is found.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "Extra hosts",
            'target "app" {\n  ⟦extra-hosts⟧ = {\n    a = "10.0.0.1"\n  }\n}\n',
            settings={"buildx": "0.19"},
            message="0.25",
        ),
        Example(
            "Objects",
            'target "app" {\n  cache-to = [⟦{ type = "gha" }⟧]\n}\n',
            settings={"buildx": "0.19.3"},
        ),
        Example("No version is set", 'target "app" {\n  cache-to = [{ type = "gha" }]\n}\n'),
        Example(
            "New enough",
            'target "app" {\n  cache-to = [{ type = "gha" }]\n  extra-hosts = {}\n}\n',
            settings={"buildx": "0.25"},
        ),
    ),
)
