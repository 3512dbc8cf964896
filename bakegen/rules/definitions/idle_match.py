"""Rule DE506: an exclusion, an override or a pattern that matches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.globs import is_glob
from bakegen.definition.project import Pattern
from bakegen.diagnostics import Severity, did_you_mean
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.matrix.matching import value_matches
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.rules.project_subject import KnownProject, ProjectSubject
    from bakegen.text import Span

_IDLE = ("exclude-unused", "override-unused", "empty-selection")


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    known = subject.known
    if known is None or subject.tree is None:
        return
    idle: list[Span] = []
    for one in known.warnings:
        span = subject.here(one.location) if one.code in _IDLE else None
        if span is None:
            continue
        idle.append(span)
        # What chooses nothing as a whole is DE503's, where it is a selection.
        if one.code != "empty-selection":
            yield Finding(span, one.message, "name values that there are, or take it out")
    for axis, glob in _globs(subject.tree):
        span = glob.location.span
        if any(one.start <= span.start and span.end <= one.end for one in idle):
            continue
        values = _values(subject, known, axis)
        name, _, field = axis.partition(".")
        pattern = Pattern(name, field, (glob.text,), glob.location)
        if values and not any(value_matches(pattern, value) for value in values):
            labels = sorted({str(value) for value in values}) if not field else []
            advice = did_you_mean(glob.text, labels) if not is_glob(glob.text) else None
            message = f"no {'image' if name == 'image' else axis} matches {glob.text!r}"
            yield Finding(span, message, advice or "take it out")


def _values(subject: ProjectSubject, known: KnownProject, axis: str) -> Sequence[object]:
    """All values that a pattern for `axis` is compared with."""
    name = axis.partition(".")[0]
    images = known.project.images if subject.image is None else (subject.image,)
    if name == "image":
        return [image.name for image in known.project.images]
    found: list[object] = []
    for image in images:
        for at, one in enumerate(image.matrix.axes):
            if one.name == name:
                found += [entry.value for entry in one.entries]
                found += [include.entries[at].value for include in image.matrix.include]
    return found


def _globs(tree: Table) -> Iterator[tuple[str, Scalar]]:
    """Every pattern of a list of patterns with the axis that it is for: one of them may be dead while others live."""
    matrix = tree.entries.get("matrix")
    if isinstance(matrix, Table):
        yield from _in_tables(matrix.entries.get("exclude"))
        overrides = matrix.entries.get("overrides")
        for one in overrides.items if isinstance(overrides, Items) else ():
            yield from _in_tables(one.entries.get("match") if isinstance(one, Table) else None)
    selections = tree.entries.get("selections")
    for rules in selections.entries.values() if isinstance(selections, Table) else ():
        for rule in rules.items if isinstance(rules, Items) else (rules,):
            for name in ("match", "except"):
                yield from _in_tables(rule.entries.get(name) if isinstance(rule, Table) else None)


def _in_tables(node: Node | None) -> Iterator[tuple[str, Scalar]]:
    for table in node.items if isinstance(node, Items) else (node,):
        for axis, globs in table.entries.items() if isinstance(table, Table) else ():
            for glob in globs.items if isinstance(globs, Items) else (globs,):
                if isinstance(glob, Scalar):
                    yield axis, glob


_MATRIX = 'matrix:\n  axes:\n    version: ["1.21", "1.22"]\n    os: [trixie, alpine]\n'
_ARGS = 'args: {V: "{{ version }}", OS: "{{ os }}"}\n'
_FILES = dockerfile("FROM scratch\nARG V\nARG OS\n")

RULE = Rule(
    code="DE506",
    name="idle-match",
    summary="Take out exclusions, overrides and patterns that match nothing",
    why="They were written for a version that was dropped, or with a slip of the pen: then a variant is built that "
    "nobody wants, or without the fields that it was to have. Nothing else tells, because a pattern that matches "
    "nothing is no mistake to the matrix.",
    severity=Severity.WARNING,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "An exclusion of a version that is gone",
            _MATRIX + '  exclude:\n    - ⟦{version: "1.20", os: alpine}⟧\n' + _ARGS,
            files=_FILES,
        ),
        Example(
            "An override",
            _MATRIX + "  overrides:\n    - match: ⟦{os: alpin}⟧\n      set: {target: a}\n" + _ARGS,
            files=_FILES,
        ),
        Example(
            "One of several patterns",
            _MATRIX + '  exclude:\n    - {version: [⟦"1.20"⟧, "1.21"], os: alpine}\n' + _ARGS,
            files=_FILES,
            message="no version matches '1.20'",
        ),
        Example(
            "A pattern of a selection",
            "selections:\n  pr: {except: {image: [base, ⟦bse⟧]}}\n",
            path="bakegen.yaml",
            files=dockerfile("FROM scratch\nLABEL a=b\n", base="", image=""),
            message="no image matches 'bse'",
        ),
        Example("All match", _MATRIX + '  exclude:\n    - {version: "1.2[01]", os: alpine}\n' + _ARGS, files=_FILES),
        Example(
            "A value that only an inclusion has",
            _MATRIX + '  include:\n    - {version: "1.20", os: trixie}\n'
            '  overrides:\n    - {match: {version: "1.20"}, set: {labels: {old: "yes"}}}\n' + _ARGS,
            files=_FILES,
        ),
    ),
    words=("exclude", "overrides", "selections"),
)
