"""Rule BF413: a target that is not there is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.values import Value
    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    model = subject.model
    if not subject.whole:
        return
    every = [*model.targets, *model.groups]
    for group in model.groups.values():
        for name, value in group.names():
            if value is not None and subject.here(value) and name not in every and not _is_pattern(name):
                yield _finding(value, f"the group {group.name} has a target {name} that is not there", name, every)
    for target, _ in subject.targets():
        for what, found in (("inherits", model.parents(target)), ("has the context", model.links(target))):
            for name, value in found:
                if name in model.targets or not subject.here(value) or value.variables:
                    continue
                why = "is a group" if name in model.groups else "is not there"
                yield _finding(value, f"{target.name} {what} {name}, which {why}", name, [*model.targets])


def _is_pattern(name: str) -> bool:
    return any(char in name for char in "*?[")


def _finding(value: Value, message: str, name: str, known: list[str]) -> Finding:
    return Finding(value.span, message, did_you_mean(name, known) or "")


RULE = Rule(
    code="BF413",
    name="unknown-target",
    summary="Name targets that are there",
    why="Bake stops at a name that no target has, as soon as a target is built that needs it. Targets may come from "
    "another file: so only `docker-bake.hcl` and `docker-bake.json` are looked at, which bake reads alone, and "
    "override files together with what they override. A target that a CI action fills needs an empty block here, "
    "too, for builds without that file.",
    severity=Severity.ERROR,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "In a group",
            'group "default" {\n  targets = ["app", ⟦"aap"⟧]\n}\ntarget "app" {}\n',
            message="has a target aap",
        ),
        Example("A parent", 'target "app" {\n  inherits = [⟦"common"⟧]\n}\n'),
        Example("A context", 'target "app" {\n  contexts = {\n    base = ⟦"target:base"⟧\n  }\n}\n'),
        Example(
            "A group cannot be a parent",
            'group "all" {\n  targets = ["app"]\n}\ntarget "app" {}\ntarget "b" {\n  inherits = [⟦"all"⟧]\n}\n',
            message="is a group",
        ),
        Example(
            "All there, and groups in groups",
            'group "default" {\n  targets = ["all", "app-1"]\n}\ngroup "all" {\n  targets = ["app"]\n}\n'
            'target "app" {\n  name = "app-${v}"\n  matrix = {\n    v = ["1", "2"]\n  }\n}\n',
        ),
        Example("Perhaps in another file", 'target "app" {\n  inherits = ["common"]\n}\n', path="ci.hcl"),
        Example(
            "In the file that this one overrides",
            'group "default" {\n  targets = ["app"]\n}\n',
            files={"docker-bake.hcl": 'target "app" {}\n'},
            path="docker-bake.override.hcl",
        ),
        Example(
            "A matrix that is not known",
            'group "default" {\n  targets = ["app-1"]\n}\nvariable "ALL" {}\n'
            'target "app" {\n  name = "app-${v}"\n  matrix = {\n    v = split(",", ALL)\n  }\n}\n',
        ),
    ),
    words=("group", "inherits", "target:"),
)
