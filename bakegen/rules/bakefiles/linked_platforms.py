"""Rule BF421: a context that is not built for all platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


def _platforms(subject: BakeSubject, name: str) -> list[str]:
    value = subject.model.effective(name).get("platforms")
    if value is None or not value.sure or any(item.variables for item in (value, *value.items)):
        return []
    return [item.text for item in value.items if item.text]


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    for target, effective in subject.targets():
        contexts = effective.get("contexts")
        wanted = _platforms(subject, target.name) if contexts is not None else []
        if contexts is None or len(wanted) < 2:
            continue
        for value in contexts.fields.values():
            text = value.text or ""
            other = text.removeprefix("target:")
            if other == text or other not in subject.model.targets or not subject.here(value):
                continue
            there = _platforms(subject, other)
            missing = [one for one in wanted if one not in there]
            if len(there) > 1 and missing:
                message = f"{target.name} needs {other} for {missing[0]}, which it is not built for"
                yield Finding(value.span, message, f"add {', '.join(missing)} to the platforms of {other}")


RULE = Rule(
    code="BF421",
    name="linked-platforms",
    summary="Build contexts for the platforms of those that use them",
    why="Bake stops where a target for several platforms has a context that is a target for several others: all "
    "platforms of the one must be among those of the other.",
    severity=Severity.ERROR,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "One is missing",
            'target "base" {\n  platforms = ["linux/amd64", "linux/riscv64"]\n}\ntarget "app" {\n'
            '  platforms = ["linux/amd64", "linux/arm64"]\n  contexts = {\n    base = ⟦"target:base"⟧\n  }\n}\n',
            message="linux/arm64",
        ),
        Example(
            "A context for more",
            'target "base" {\n  platforms = ["linux/amd64", "linux/arm64", "linux/s390x"]\n}\ntarget "app" {\n'
            '  platforms = ["linux/amd64", "linux/arm64"]\n  contexts = {\n    base = "target:base"\n  }\n}\n',
        ),
        Example(
            "A context for one, such as files that are the same everywhere",
            'target "base" {\n  platforms = ["linux/amd64"]\n}\ntarget "app" {\n'
            '  platforms = ["linux/amd64", "linux/arm64"]\n  contexts = {\n    base = "target:base"\n  }\n}\n',
        ),
    ),
    words=("target:",),
)
