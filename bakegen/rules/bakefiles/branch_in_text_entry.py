"""Rule BF415: the name of a branch inside an entry that is written as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.definition.attributes import OBJECT_ENTRIES_SINCE
from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import older_than, once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.model import Expression
    from bakegen.rules.bakefile_subject import BakeSubject

_BRANCH = re.compile(r"(?:^|_)(?:BRANCH|BRANCH_NAME|HEAD_REF|REF_NAME|REF_SLUG|GIT_REF)$", re.IGNORECASE)
_ENTRIES = ("cache-from", "cache-to", "output")


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.document.problems or older_than(subject, OBJECT_ENTRIES_SINCE):
        return
    for block in subject.document.of_kind("target"):
        for attribute in block.attributes:
            if attribute.name in _ENTRIES:
                yield from _inside(attribute.name, attribute.value)


def _inside(attribute: str, value: Expression) -> Iterator[Finding]:
    from bakegen.bakefile.model import Items, Literal, Name, Operation, Template

    if isinstance(value, Items):
        for item in value.items:
            yield from _inside(attribute, item)
    elif isinstance(value, Operation):
        for item in value.operands:
            yield from _inside(attribute, item)
    elif isinstance(value, Template):
        first = value.parts[0]
        if not (isinstance(first, Literal) and "=" in str(first.value)):
            return
        for part in value.parts:
            if isinstance(part, Name) and _BRANCH.search(part.name):
                message = f"a comma in {part.name} would begin another field of this {attribute} entry"
                yield Finding(part.span, message, 'write an object: { type = "…", ref = "…" }')


RULE = Rule(
    code="BF415",
    name="branch-in-text-entry",
    summary="Write entries with names of branches as objects",
    why="An entry that is written as text is split at its commas after the variables are in it, and the last of two "
    "equal fields counts. Git allows commas in the names of branches: a branch `x,ref=other/image:cache` makes "
    "the build write the cache of another image. In an object (buildx 0.20 and later) a value stays a value. "
    "Variables that are passed through a function are left alone.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "A branch in a reference",
            'variable "BRANCH" {\n  default = "main"\n}\n'
            'target "app" {\n  cache-to = ["type=registry,ref=r.example/app:${⟦BRANCH⟧},mode=max"]\n}\n',
        ),
        Example(
            "As an object",
            'variable "BRANCH" {\n  default = "main"\n}\n'
            'target "app" {\n  cache-to = [{ type = "registry", ref = "r.example/app:${BRANCH}" }]\n}\n',
        ),
        Example(
            "Something else",
            'variable "VERSION" {\n  default = "1"\n}\n'
            'target "app" {\n  cache-from = ["type=registry,ref=r.example/app:${VERSION}"]\n}\n',
        ),
        Example(
            "Made safe",
            'variable "BRANCH" {\n  default = "main"\n}\n'
            'target "app" {\n  cache-from = ["type=registry,ref=r.example/app:${sanitize(BRANCH)}"]\n}\n',
        ),
    ),
    words=("branch", "ref"),
)
