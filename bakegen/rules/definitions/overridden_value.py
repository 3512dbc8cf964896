"""Rule DE509: a value that every variant overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.fields import IMAGE_FIELDS, Shape
from bakegen.diagnostics import Severity
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.project_subject import ProjectSubject

# Lists are left out: their elements may render to nothing, and then no variant has them though they count.
_SHAPES = (Shape.TEXT, Shape.BOOL, Shape.INTEGER, Shape.DURATION, Shape.MAP, Shape.OBJECT)


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    known = subject.known
    if known is None or not known.targets:
        return
    if not subject.is_project_file and (subject.image is None or not known.targets_of(subject.image)):
        return
    for one in subject.written:
        path = one.path
        if subject.is_project_file:
            if path[:1] != ("defaults",):
                continue
            path = path[1:]
        spec = IMAGE_FIELDS.get(path[0]) if path else None
        if spec is None or spec.shape not in _SHAPES or spec.name == "name" or one.key is None or one.scalar.is_null:
            continue
        if (subject.place, one.scalar.start) not in known.places:
            who = "every image" if subject.is_project_file else "every variant"
            what = ".".join(path)
            message = f"`{what}` is of no use: {who} has another value for it"
            yield Finding(one.key.location.span, message, "take it out")


_MATRIX = "matrix:\n  axes:\n    part: [app, test]\n  overrides:\n"

RULE = Rule(
    code="DE509",
    name="overridden-value",
    summary="Take out values that are overridden everywhere",
    why="Whoever reads the definition takes the value for what is built, and whoever changes it wonders why nothing "
    "happens. Values that the environment or a flag sets over it on some machine do not count.\n\n`bakegen show "
    "TARGET` tells where each value comes from.",
    severity=Severity.WARNING,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "Each variant has its own",
            _MATRIX
            + "    - {match: {part: app}, set: {target: app}}\n    - {match: {part: test}, set: {target: test}}\n"
            "⟦target⟧: app\n",
            files=dockerfile("FROM scratch AS app\nLABEL a=b\nFROM app AS test\n"),
        ),
        Example(
            "Each image says otherwise",
            "defaults:\n  labels: {⟦team⟧: core, owner: me}\n",
            path="bakegen.yaml",
            files=dockerfile("FROM scratch\nLABEL a=b\n", image="labels: {team: web}\n", base="labels: {team: base}\n"),
            message="`labels.team`",
        ),
        Example(
            "One variant keeps it",
            _MATRIX + "    - {match: {part: test}, set: {target: test}}\ntarget: app\n",
            files=dockerfile("FROM scratch AS app\nLABEL a=b\nFROM app AS test\n"),
        ),
        Example(
            "One image keeps it",
            "defaults:\n  labels: {team: core}\n",
            path="bakegen.yaml",
            files=dockerfile("FROM scratch\nLABEL a=b\n", image="labels: {team: web}\n", base=""),
        ),
        Example("Other keys of a map", "labels: {a: b}\nci-labels: {c: d}\n"),
    ),
)
