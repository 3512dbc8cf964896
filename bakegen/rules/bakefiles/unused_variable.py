"""Rule BF416: a variable that nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.document.problems or not subject.whole:
        return
    for block in subject.document.of_kind("variable"):
        used = (place for one in subject.model.documents for place in one.names.get(block.name, ()))
        own = block.span
        if all(own.start <= place.start < own.end for place in used) and block.name:
            yield Finding(block.name_span, f"nothing uses the variable {block.name}", "take it out")


RULE = Rule(
    code="BF416",
    name="unused-variable",
    summary="Take out variables that nothing uses",
    why="Who sets the variable in the environment expects something of it, and nothing happens: mostly what used it "
    "is gone, or its name was changed in one place. Only `docker-bake.hcl` and `docker-bake.json` are looked at, "
    "and override files together with what they override, since other files may use the variables of each other.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "Another name is used",
            'variable ⟦"TAG"⟧ {\n  default = "1"\n}\nvariable "TAGS" {\n  default = "1"\n}\n'
            'target "app" {\n  tags = ["app:${TAGS}"]\n}\n',
        ),
        Example("In a condition", 'variable "CI" {}\ntarget "app" {\n  no-cache = CI != "" ? true : false\n}\n'),
        Example(
            "In a loop",
            'variable "TAGS" {}\ntarget "app" {\n  tags = [for t in split(",", TAGS) : "app:${t}"]\n}\n',
        ),
        Example(
            "In JSON",
            '{"variable": {"TAG": {"default": "1"}}, "target": {"app": {"tags": ["app:${TAG}"]}}}\n',
            path="docker-bake.json",
        ),
        Example("Perhaps in another file", 'variable "TAG" {}\n', path="variables.hcl"),
    ),
    words=("variable",),
)
