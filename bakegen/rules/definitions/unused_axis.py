"""Rule DE502: an axis that makes several times the same image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.definition.project import ImageDefinition
    from bakegen.plan.model import Target
    from bakegen.rules.project_subject import KnownProject, ProjectSubject

# What says how an image is called or described, and not what it is.
_NAMES = frozenset(
    {"tags", "branch-tags", "labels", "annotations", "ci-labels", "description", "vars", "cache", "default"}
)


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    image, known = subject.image, subject.known
    if image is None or known is None:
        return
    for axis in image.matrix.axes:
        span = subject.here(axis.location)
        if span is None or len(axis.entries) < 2 or _mentioned(axis.name, image, known):
            continue
        if _all_the_same(axis.name, known.targets_of(image)):
            message = f"nothing refers to the axis {axis.name!r}: its {len(axis.entries)} values make the same image"
            yield Finding(span, message, "use it in `args`, in a template or in `tags`, or take it out")


def _mentioned(axis: str, image: ImageDefinition, known: KnownProject) -> bool:
    word = re.compile(rf"(?<!\w){re.escape(axis)}(?!\w)")
    if any(word.search(text) for text in known.texts(image)):
        return True
    if any(pattern.axis == axis for match in known.matches_of(image) for pattern in match.patterns):
        return True
    return any(
        rule.newest is not None and rule.newest.axis == axis
        for selection in known.project.selections
        for rule in selection.rules
    )


def _all_the_same(axis: str, targets: tuple[Target, ...]) -> bool:
    """Whether variants that differ in nothing but `axis` are built from the same; False where none can be compared."""
    groups: dict[tuple[tuple[str, str], ...], list[tuple[object, ...]]] = {}
    for target in targets:
        variant = target.variant
        rest = tuple((name, str(value)) for name, value in variant.axes.items() if name != axis)
        fields = tuple((name, str(one.value)) for name, one in variant.fields.items() if name not in _NAMES)
        source = target.recipe.source
        groups.setdefault(rest, []).append((fields, source.text if source is not None else None))
    alike = [len(set(made)) == 1 for made in groups.values() if len(made) > 1]
    return bool(alike) and all(alike)


_TWO = 'matrix:\n  axes:\n    {axis}: ["1", "2"]\n'

RULE = Rule(
    code="DE502",
    name="unused-axis",
    summary="Use every axis of a matrix, or take it out",
    why="Each value of an axis makes a variant of its own: a target, a tag, a cache. Where no template, no argument, "
    "no override and no selection refers to the axis, these variants are one image under several names, and the "
    "difference that the axis was written for never reaches the build.\n\nAn axis with one value is left alone: it "
    "may be there for the name.",
    severity=Severity.WARNING,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "The version never reaches the build",
            'matrix:\n  axes:\n    ⟦version⟧: ["1", "2"]\n',
            message="'version'",
        ),
        Example(
            "One of two axes",
            'matrix:\n  axes:\n    version: ["1", "2"]\n    ⟦os⟧: [debian, alpine]\nargs: {VERSION: "{{ version }}"}\n',
            files=dockerfile("FROM scratch\nARG VERSION\n"),
        ),
        Example(
            "An argument has it",
            _TWO.format(axis="version") + 'args: {VERSION: "{{ version }}"}\n',
            files=dockerfile("FROM scratch\nARG VERSION\n"),
        ),
        Example(
            "A template of the Dockerfile has it",
            _TWO.format(axis="version"),
            files={"images/app/Dockerfile.j2": "FROM scratch\nLABEL v={{ version }}\n"},
        ),
        Example(
            "An override looks at it",
            _TWO.format(axis="size") + "  overrides: [{match: {size: '1'}, set: {target: a}}]\n",
            files=dockerfile("FROM scratch AS a\nLABEL a=b\n"),
        ),
        Example(
            "The name of the variant carries it",
            _TWO.format(axis="version") + 'args: {NAME: "{{ variant }}"}\n',
            files=dockerfile("FROM scratch\nARG NAME\n"),
        ),
        Example("One value", 'matrix:\n  axes:\n    version: ["1"]\n'),
    ),
    words=("axes",),
)
