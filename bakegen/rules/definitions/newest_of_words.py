"""Rule DE511: `newest` of an axis whose values are no versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.project_subject import ProjectSubject


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    known = subject.known
    if known is None:
        return
    for selection in known.project.selections:
        for rule in selection.rules:
            span = subject.here(rule.location)
            if span is None or rule.newest is None:
                continue
            for image in known.project.images:
                if selection.image not in (None, image.name):
                    continue
                words = [
                    entry.label
                    for axis in image.matrix.axes
                    if axis.name == rule.newest.axis
                    for entry in axis.entries
                    if not any(char.isdigit() for char in entry.label)
                ]
                if len(words) > 1:
                    which = "oldest" if rule.newest.oldest else "newest"
                    message = (
                        f"{words[0]!r} and {words[1]!r} of the axis {rule.newest.axis!r} are no versions: "
                        f"`{which}` goes by the alphabet"
                    )
                    yield Finding(span, message, "name them: {match: {" + rule.newest.axis + ": …}}")
                    break


_FILES = {
    "images/app/image.yaml": 'matrix: {axes: {os: [trixie, alpine], version: ["1", "2"]}}\n'
    'args: {OS: "{{ os }}", V: "{{ version }}"}\n',
    **dockerfile("FROM scratch\nARG OS\nARG V\n"),
}

RULE = Rule(
    code="DE511",
    name="newest-of-words",
    summary="Choose the newest only of what has versions",
    why="`newest 1 of os` compares values as versions. Words have no such order, so that the last one of the alphabet "
    "counts as the newest: of `trixie` and `bookworm` that is by chance the right one, of `trixie` and `forky` it is "
    "not.",
    severity=Severity.WARNING,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "Names of releases",
            "selections:\n  pr: ⟦newest 1 of os⟧\n",
            path="bakegen.yaml",
            files=_FILES,
            message="'trixie' and 'alpine'",
        ),
        Example("Versions", "selections:\n  pr: newest 1 of version\n", path="bakegen.yaml", files=_FILES),
        Example("Names, named", "selections:\n  pr: {match: {os: trixie}}\n", path="bakegen.yaml", files=_FILES),
    ),
    words=("newest", "oldest"),
)
