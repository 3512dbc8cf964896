"""Rule BF409: targets that need themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import links, once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bakegen.bakefile.targets import BakeModel
    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    model = subject.model
    yield from _through(subject, lambda name: links(model, name), _linking(model), "has itself as a context", None)
    yield from _through(
        subject,
        lambda name: [parent for parent, _ in model.parents(model.targets[name])],
        lambda name, other: next((v for n, v in model.parents(model.targets[name]) if n == other), None),
        "inherits itself",
        Severity.WARNING,
    )


def _linking(model: BakeModel) -> Callable[[str, str], object]:
    def find(name: str, other: str) -> object:
        contexts = model.effective(name).get("contexts")
        values = contexts.fields.values() if contexts is not None else ()
        return next((value for value in values if value.text == f"target:{other}"), None)

    return find


def _through(
    subject: BakeSubject,
    step: Callable[[str], Iterable[str]],
    place: Callable[[str, str], object],
    what: str,
    severity: Severity | None,
) -> Iterator[Finding]:
    from bakegen.bakefile.values import Value

    for target, _ in subject.targets():
        path = _way_back(subject.model, target.name, step)
        if path is None:
            continue
        value = place(target.name, path[0])
        if isinstance(value, Value) and subject.here(value):
            way = "" if len(path) == 1 else f", through {', '.join(path[:-1])}"
            yield Finding(
                value.span, f"{target.name} {what}{way}", "take one step of the circle out", severity=severity
            )


def _way_back(model: BakeModel, start: str, step: Callable[[str], Iterable[str]]) -> list[str] | None:
    """The shortest way from a target back to itself, without its beginning."""
    came: dict[str, str] = {}
    todo = [start]
    while todo:
        following = []
        for name in todo:
            for other in step(name):
                if other == start:
                    path = [other]
                    while name != start:
                        path.append(name)
                        name = came[name]
                    return path[::-1]
                if other in model.targets and other not in came:
                    came[other] = name
                    following.append(other)
        todo = following
    return None


RULE = Rule(
    code="BF409",
    name="target-cycle",
    summary="Let no target need itself",
    why="Bake stops at a target whose contexts lead back to itself. Where `inherits` leads back, bake leaves out "
    "what it is in the middle of, so that which attributes arrive depends on the target that is asked for.",
    severity=Severity.ERROR,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "Two contexts",
            'target "a" {\n  contexts = {\n    b = ⟦"target:b"⟧\n  }\n}\n'
            'target "b" {\n  contexts = {\n    a = ⟦"target:a"⟧\n  }\n}\n',
            message="a has itself as a context, through b",
        ),
        Example(
            "A context that is inherited",
            'target "common" {\n  contexts = {\n    base = ⟦"target:base"⟧\n  }\n}\n'
            'target "base" {\n  inherits = ["common"]\n}\n',
        ),
        Example("Inheriting itself", 'target "a" {\n  inherits = [⟦"a"⟧]\n}\n', message="inherits itself"),
        Example(
            "A chain",
            'target "a" {\n  contexts = {\n    b = "target:b"\n  }\n}\ntarget "b" {\n  inherits = ["c"]\n}\n'
            'target "c" {}\n',
        ),
        Example(
            "The context is overridden",
            'target "common" {\n  contexts = {\n    base = "target:base"\n  }\n}\n'
            'target "base" {\n  inherits = ["common"]\n  contexts = {\n    base = ""\n  }\n}\n',
        ),
    ),
    words=("target:", "inherits"),
)
