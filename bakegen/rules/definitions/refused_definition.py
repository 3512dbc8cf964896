"""Rule DE500: the project cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.project_subject import ProjectSubject


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    for one in subject.problems:
        span = subject.here(one.location)
        if span is not None:
            labels = tuple(
                (place, label.text) for label in one.labels if (place := subject.here(label.location)) is not None
            )
            yield Finding(span, one.message, one.help or "", labels, severity=one.severity)
        elif subject.is_project_file and one.severity is Severity.ERROR and not _elsewhere(one.location):
            # What has no file among those that are linted is said where the project begins.
            where = f"{one.location}: " if one.location is not None else ""
            yield Finding(Span(0, 0), f"{where}{one.message}", one.help or "")


def _elsewhere(location: object) -> bool:
    """Whether the place is in a file that is linted by itself."""
    path = str(getattr(getattr(location, "source", None), "path", ""))
    return path.endswith("image.yaml") or ("Dockerfile" in path.rpartition("/")[2] and not path.endswith(".j2"))


RULE = Rule(
    code="DE500",
    name="refused-definition",
    summary="Write what bakegen can read",
    why="`bakegen render` stops at this. Rules that compare images, variants and files look only at projects that can "
    "be read as a whole.",
    severity=Severity.ERROR,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example("A field that does not exist", "⟦argz⟧: {A: b}\n", message="argz", path="images/app/image.yaml"),
        Example(
            "A template that uses an unknown name",
            'args: {A: "{{ ⟦vrsion⟧ }}"}\nmatrix: {axes: {version: ["1", "2"]}}\n',
            message="vrsion",
            files={"images/app/Dockerfile": "FROM scratch\nARG A\n"},
        ),
        Example("The same key twice", "target: a\n⟦target⟧: b\n", message="target"),
        Example(
            "A template of a Dockerfile that fails",
            "⟦⟧push: never\n",
            message="images/app/Dockerfile.j2:1",
            path="bakegen.yaml",
            files={"images/app/image.yaml": "", "images/app/Dockerfile.j2": "FROM {{ base }}\n"},
        ),
        Example("What can be read", "args: {A: b}\n", files={"images/app/Dockerfile": "FROM scratch\nARG A\n"}),
        Example(
            "What is wrong in another definition file is said there",
            "push: never\n",
            path="bakegen.yaml",
            files={"images/app/image.yaml": "argz: {}\n", "images/app/Dockerfile": "FROM scratch\n"},
        ),
    ),
)
