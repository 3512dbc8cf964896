"""Rule BF412: a target or a group that one file defines twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.model import Block
    from bakegen.rules.bakefile_subject import BakeSubject

_WHAT = {
    "target": "bake merges them, and the attributes of this one win",
    "group": "bake takes this one and forgets the other",
    "variable": "bake takes one of them and forgets the other",
    "function": "bake takes one of them and forgets the other",
}


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.document.problems:
        return
    seen: dict[tuple[str, str], Block] = {}
    for block in subject.document.blocks:
        if block.kind not in _WHAT or block.attribute("matrix") is not None or not block.labels:
            continue
        first = seen.setdefault((block.kind, block.name), block)
        if first is not block:
            message = f"there are two {block.kind}s {block.name}: {_WHAT[block.kind]}"
            yield Finding(block.name_span, message, "make one of them", ((first.name_span, "the first one"),))


RULE = Rule(
    code="BF412",
    name="duplicate-target",
    summary="Define each target once in a file",
    why="Two blocks of one name in one file are mostly the rest of a copy. Bake says nothing: it merges targets, and "
    "takes one of two groups. To change a target in another file, such as `docker-bake.override.hcl`, is what "
    "files are for, and is left alone.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("A target", 'target "app" {\n  target = "a"\n}\ntarget ⟦"app"⟧ {\n  target = "b"\n}\n'),
        Example(
            "A group", 'group "all" {\n  targets = []\n}\ngroup ⟦"all"⟧ {\n  targets = ["app"]\n}\ntarget "app" {}\n'
        ),
        Example("A group and a target of one name", 'group "app" {\n  targets = ["app"]\n}\ntarget "app" {}\n'),
        Example("Two names", 'target "a" {}\ntarget "b" {}\n'),
        Example(
            "In another file",
            'target "app" {\n  target = "b"\n}\n',
            files={"docker-bake.hcl": 'target "app" {}\n'},
            path="docker-bake.override.hcl",
        ),
    ),
)
