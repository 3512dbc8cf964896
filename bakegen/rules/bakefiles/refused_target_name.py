"""Rule BF422: a name that targets and groups may not have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject
    from bakegen.text import Span

_NAME = re.compile(r"[a-zA-Z0-9_-]+")


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.document.problems:
        return
    for block in subject.document.blocks:
        if block.kind in ("target", "group") and block.labels and not _NAME.fullmatch(block.name):
            yield _finding(block.kind, block.name, block.name_span)
    for target, _ in subject.targets():
        one = target.definitions[0]
        name = one.block.attribute("name")
        if one.source is subject.source and name is not None and not _NAME.fullmatch(target.name):
            value = subject.model.evaluator.value(name.value, one.source, {})
            if not value.variables:
                yield _finding("target", target.name, name.value.span)


def _finding(kind: str, name: str, span: Span) -> Finding:
    message = f"a {kind} cannot be called {name!r}"
    return Finding(span, message, "use letters, digits, `_` and `-`; `replace` can do so in the name of a matrix")


RULE = Rule(
    code="BF422",
    name="refused-target-name",
    summary="Call targets by names that bake takes",
    why="Bake stops at names of targets and groups with anything but ASCII letters, digits, `_` and `-`. Versions in "
    'a matrix are the usual case: `name = "app-${replace(version, ".", "-")}"`.',
    severity=Severity.ERROR,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("A dot", 'target ⟦"app-1.2"⟧ {}\n'),
        Example(
            "A version in a matrix",
            'target "app" {\n  name = ⟦"app-${v}"⟧\n  matrix = {\n    v = ["1.2"]\n  }\n}\n',
            message="app-1.2",
        ),
        Example("A good name", 'target "app-1_2" {}\n'),
        Example(
            "Replaced",
            'target "app" {\n  name = "app-${replace(v, ".", "-")}"\n  matrix = {\n    v = ["1.2"]\n  }\n}\n',
        ),
    ),
)
