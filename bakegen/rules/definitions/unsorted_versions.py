"""Rule DE505: versions of an axis that are in no order."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.documents.nodes import Items, Scalar, Table
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.templating.versions import version_key
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.definition.project import Axis
    from bakegen.rules.project_subject import ProjectSubject

_VERSION = re.compile(r"[vV]?[0-9]+(?:(?:\.[0-9]+)+(?:[-+.]?[A-Za-z][A-Za-z0-9.]*)?)?")
_FEWEST = 3


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    image = subject.image
    for axis in image.matrix.axes if image is not None else ():
        labels = [one.label for one in axis.entries]
        if len(labels) < _FEWEST or not all(_VERSION.fullmatch(one) for one in labels):
            continue
        # Numbers alone may be sizes, ports or levels.
        if not any("." in one for one in labels) and "ver" not in axis.name.lower():
            continue
        keys = [version_key(one) for one in labels]
        falls = [at for at, (one, other) in enumerate(pairwise(keys), 1) if one > other]
        rises = [at for at, (one, other) in enumerate(pairwise(keys), 1) if one < other]
        if not falls or not rises:
            continue
        downwards = len(falls) > len(rises)
        at = (rises if downwards else falls)[0]
        first, second = labels[at - 1], labels[at]
        span = subject.here(axis.entries[at].location)
        if span is not None:
            word = "newer" if downwards else "older"
            message = f"{second} stands behind {first} and is {word}: the versions of {axis.name!r} are in no order"
            yield Finding(span, message, "put them in the order of versions", fix=_fix(subject, axis, downwards))


def _fix(subject: ProjectSubject, axis: Axis, downwards: bool) -> Fix | None:
    """The texts of the values in order, each in another's place; none where a comment may belong to one of them."""
    matrix = subject.tree.entries.get("matrix") if subject.tree is not None else None
    axes = matrix.entries.get("axes") if isinstance(matrix, Table) else None
    node = axes.entries.get(axis.name) if isinstance(axes, Table) else None
    if not isinstance(node, Items):
        return None
    items = [one for one in node.items if isinstance(one, Scalar)]
    text = subject.source.text
    if len(items) < len(node.items) or "#" in text[items[0].start : text.find("\n", items[-1].end)]:
        return None
    spans = [one.location.span for one in items]
    if any(one.end > other.start for one, other in pairwise(spans)) or any(
        "&" in subject.source.slice(s) for s in spans
    ):
        return None
    ordered = sorted(items, key=lambda one: version_key(one.text), reverse=downwards)
    edits = tuple(
        Edit(span, subject.source.slice(one.location.span))
        for span, one, there in zip(spans, ordered, items, strict=True)
        if one is not there
    )
    why = "the bake file has its targets in another order afterwards, and must be rendered again"
    return Fix(edits, "Put the versions in order", safe=False, why=why)


RULE = Rule(
    code="DE505",
    name="unsorted-versions",
    summary="Write the versions of an axis in their order",
    why="The order of an axis is the order of the bake file, of tables and of everything that people read. A list that "
    "goes up and then down again was mostly sorted as text (`1.10` before `1.9`), and the next version is put in the "
    "wrong place or is there twice in two spellings.\n\n`newest 2 of version` looks at versions, not at their order.",
    severity=Severity.NOTE,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "Sorted as text",
            'matrix:\n  axes:\n    version: ["1.10", ⟦"1.8"⟧, "1.9"]\nargs: {V: "{{ version }}"}\n',
            'matrix:\n  axes:\n    version: ["1.8", "1.9", "1.10"]\nargs: {V: "{{ version }}"}\n',
            safe=False,
            files=dockerfile("FROM scratch\nARG V\n"),
            message="1.8 stands behind 1.10 and is older",
        ),
        Example(
            "A list downwards, with comments that a fix would tear away",
            'matrix:\n  axes:\n    version:\n      - "3"\n      - "1" # the old one\n      - ⟦"2"⟧\n      - "0"\n'
            'args: {V: "{{ version }}"}\n',
            files=dockerfile("FROM scratch\nARG V\n"),
        ),
        Example(
            "The newest first",
            'matrix:\n  axes:\n    version: ["1.10", "1.9", "1.8"]\nargs: {V: "{{ version }}"}\n',
            files=dockerfile("FROM scratch\nARG V\n"),
        ),
        Example(
            "Names have no order",
            'matrix:\n  axes:\n    os: [trixie, alpine, bookworm]\nargs: {V: "{{ os }}"}\n',
            files=dockerfile("FROM scratch\nARG V\n"),
        ),
        Example(
            "Numbers that are no versions",
            'matrix:\n  axes:\n    level: ["3", "0", "1"]\n    memory: [64m, 1g, 8m]\n'
            'args: {V: "{{ level }}{{ memory }}"}\n',
            files=dockerfile("FROM scratch\nARG V\n"),
        ),
        Example(
            "Pre-releases come before their release",
            'matrix:\n  axes:\n    version: ["1.0-rc1", "1.0", "1.0.1"]\nargs: {V: "{{ version }}"}\n',
            files=dockerfile("FROM scratch\nARG V\n"),
        ),
    ),
    words=("axes",),
)
