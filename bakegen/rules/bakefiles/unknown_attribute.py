"""Rule BF407: an attribute or a block that bake does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.attributes import ATTRIBUTES
from bakegen.diagnostics import Severity, did_you_mean
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject

_KNOWN = {
    "target": tuple(ATTRIBUTES),
    "group": ("targets", "description"),
    "variable": ("default", "description", "type", "validation"),
    "function": ("params", "variadic_params", "result"),
}


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.document.problems:
        return
    for block in subject.document.blocks:
        known = _KNOWN.get(block.kind)
        if known is None:
            message = f"bake knows no block {block.kind} and does without it"
            yield Finding(block.name_span, message, did_you_mean(block.kind, _KNOWN) or "")
            continue
        # Bake lets variables carry anything.
        for attribute in block.attributes if block.kind != "variable" else ():
            if attribute.name not in known:
                message = f"bake knows no {attribute.name} in a {block.kind} and does without it"
                yield Finding(attribute.name_span, message, did_you_mean(attribute.name, known) or "")


RULE = Rule(
    code="BF407",
    name="unknown-attribute",
    summary="Use attributes that bake knows",
    why="Bake does without what it does not know and says nothing: an image is built without its tags or its cache "
    "because of one letter. A buildx that is newer than this linter may know more: silence the rule for that "
    "attribute.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("A slip", 'target "app" {\n  ⟦tag⟧ = ["app"]\n}\n', message="no tag in a target"),
        Example("An underscore", 'target "app" {\n  ⟦cache_to⟧ = ["type=gha"]\n}\n'),
        Example("In JSON", '{"target": {"app": {⟦"cache_from"⟧: []}}}\n', path="docker-bake.json"),
        Example("A block", 'targets ⟦"app"⟧ {}\n', message="no block targets"),
        Example("An attribute of targets in a group", 'group "all" {\n  targets = []\n  ⟦tags⟧ = []\n}\n'),
        Example("All of them known", 'target "app" {\n  tags = ["app"]\n  no-cache-filter = ["a"]\n}\n'),
        Example("Variables of its own", 'REPO = "r.example/app"\ntarget "app" {\n  tags = ["${REPO}:1"]\n}\n'),
        Example("Comments in JSON", '{"target": {"app": {"//": "why"}}}\n', path="docker-bake.json"),
    ),
)
