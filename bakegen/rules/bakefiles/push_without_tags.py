"""Rule BF420: an image without a name is pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.entries import entries
from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import is_stub, once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.entries import Entry
    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    heirs = {name for target in subject.model.targets.values() for name, _ in subject.model.parents(target)}
    for target, effective in subject.targets():
        if target.name in heirs or not effective.lacks("tags") or _may_be_filled(subject, target.name):
            continue
        for entry in entries(effective.get("output"), "output"):
            if subject.here(entry.value) and _pushes(entry):
                yield Finding(entry.value.span, f"{target.name} is pushed and has no tags", "give it tags")


def _pushes(entry: Entry) -> bool:
    pushes = entry.get("type") == "registry" or (entry.get("type") == "image" and entry.get("push") == "true")
    return pushes and entry.lacks("name")


def _may_be_filled(subject: BakeSubject, name: str) -> bool:
    """Whether it inherits a target that says nothing, which another file is to fill."""
    todo, seen = [name], set()
    while todo:
        one = todo.pop()
        target = subject.model.targets.get(one)
        if target is None or is_stub(target):
            return True
        if one not in seen:
            seen.add(one)
            todo.extend(parent for parent, _ in subject.model.parents(target))
    return False


RULE = Rule(
    code="BF420",
    name="push-without-tags",
    summary="Name the images that are pushed",
    why="A push needs to know where to: the build fails, unless `--set` gives tags. Targets that "
    "inherit an empty one are left alone, which a CI action fills with tags, and so are targets that others "
    "inherit.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("No tags", 'target "app" {\n  output = [⟦"type=image,push=true"⟧]\n}\n'),
        Example("To a registry", 'target "app" {\n  tags = []\n  output = [⟦{ type = "registry" }⟧]\n}\n'),
        Example("Tags", 'target "app" {\n  tags = ["r.example/app"]\n  output = ["type=registry"]\n}\n'),
        Example(
            "A name in the output",
            'target "app" {\n  output = ["type=image,name=r.example/app,push-by-digest=true,push=true"]\n}\n',
        ),
        Example(
            "Filled by another file",
            'target "docker-metadata-action" {}\n'
            'target "app" {\n  inherits = ["docker-metadata-action"]\n  output = ["type=registry"]\n}\n',
        ),
        Example(
            "For heirs",
            'target "common" {\n  output = ["type=registry"]\n}\n'
            'target "app" {\n  inherits = ["common"]\n  tags = ["r.example/app"]\n}\n',
        ),
    ),
    words=("output",),
)
