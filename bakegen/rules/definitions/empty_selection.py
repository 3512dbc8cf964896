"""Rule DE503: a selection that chooses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.project_subject import ProjectSubject

_IMAGE = {
    "images/go/image.yaml": 'matrix: {axes: {version: ["1.21", "1.22"]}}\nargs: {V: "{{ version }}"}\n',
    "images/go/Dockerfile": "FROM scratch\nARG V\n",
}


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    if subject.known is None:
        return
    for one in subject.known.warnings:
        span = subject.here(one.location) if one.code == "empty-selection" else None
        if span is not None:
            yield Finding(span, one.message, one.help or "name what there is, or write `none`")


RULE = Rule(
    code="DE503",
    name="empty-selection",
    summary="Let every selection choose something",
    why="A selection is a group of the bake file, and CI builds it by name. Where its rule matches no variant any "
    "more, because a version was dropped or renamed, the job is green and builds nothing.\n\nA selection that is meant "
    "to be empty says `none`.",
    severity=Severity.WARNING,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "No variant has such a name",
            "selections:\n  ⟦nightly⟧: ⟦rust-*⟧\n",
            path="bakegen.yaml",
            files=_IMAGE,
            message="nightly",
        ),
        Example(
            "One of two rules",
            'selections:\n  nightly:\n    - go-1-22\n    - ⟦match: {version: "2.*"}\n⟧',
            path="bakegen.yaml",
            files=_IMAGE,
        ),
        Example(
            "All rules choose something", "selections:\n  pr: newest 1 of version\n", path="bakegen.yaml", files=_IMAGE
        ),
        Example("Empty on purpose", "selections:\n  pr: none\n", path="bakegen.yaml", files=_IMAGE),
    ),
    words=("selections",),
)
