"""Rule BF408: a target that nothing leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import links, members, once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    model = subject.model
    group = model.groups.get("default")
    if not subject.whole or group is None or group.members is None or not group.members.sure:
        return
    used = {name for one in model.groups for name in members(model, one)}
    for target in model.targets.values():
        used.update(name for name, _ in model.parents(target))
        used.update(links(model, target.name))
    # A matrix makes a group of its own; it is used where one of its targets or that group is in another.
    for target, effective in subject.targets():
        if target.name not in used and not target.matrix and effective.sure:
            span = target.definitions[0].block.name_span
            if target.definitions[0].source is subject.source:
                message = f"no group, context or heir leads to {target.name}"
                yield Finding(span, message, "add it to a group, or take it out")


RULE = Rule(
    code="BF408",
    name="unreachable-target",
    summary="Lead to every target from a group",
    why="`docker buildx bake` builds the default group. A target that is in no group, is no context of another and "
    "is inherited by none is built only by those who know its name. That is often meant, so the rule runs only "
    "where it is asked for.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "A forgotten target",
            'group "default" {\n  targets = ["app"]\n}\ntarget "app" {}\ntarget ⟦"old"⟧ {}\n',
        ),
        Example(
            "A context",
            'group "default" {\n  targets = ["app"]\n}\n'
            'target "app" {\n  contexts = {\n    base = "target:base"\n  }\n}\ntarget "base" {}\n',
        ),
        Example(
            "Something to inherit",
            'group "default" {\n  targets = ["app"]\n}\ntarget "app" {\n  inherits = ["_common"]\n}\n'
            'target "_common" {}\n',
        ),
        Example("A group and its target", 'group "default" {\n  targets = ["default"]\n}\ntarget "default" {}\n'),
        Example("No default group", 'group "all" {\n  targets = ["app"]\n}\ntarget "app" {}\ntarget "other" {}\n'),
    ),
    words=("default",),
    default=False,
)
