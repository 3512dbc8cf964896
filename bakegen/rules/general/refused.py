"""Rule GE001: BuildKit would not read the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.diagnostics import Diagnostic
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    found = list(subject.dockerfile.diagnostics)
    if subject.dockerfile.ok:
        # Where a variable stands, a build argument may well make it right.
        found += [one for one in subject.resolved.diagnostics if not _varies(one)]
    for one in found:
        if one.severity is Severity.ERROR:
            span = one.location.span if one.location is not None else Span(0, 0)
            labels = tuple((label.location.span, label.text) for label in one.labels)
            yield Finding(span, one.message, one.help or "", labels)


def _varies(one: Diagnostic) -> bool:
    return one.location is not None and "$" in one.location.source.slice(one.location.span)


RULE = Rule(
    code="GE001",
    name="refused",
    summary="Write what BuildKit can read",
    why="BuildKit stops at this before it builds anything. Other rules look only at files that it reads.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("An instruction that does not exist", "FROM debian:13\n⟦RUM⟧ make\n", message="RUM"),
        Example("A flag that does not exist", "FROM debian:13\nCOPY ⟦--form=base⟧ a b\n"),
        Example("A stage that needs itself", "FROM scratch AS a\nCOPY --from=⟦a⟧ x y\n"),
        Example("Nothing wrong", "FROM debian:13\nRUN make\n"),
        Example("A value that only the command line gives", "ARG BASE\nFROM debian:$BASE\n"),
        Example("Only an ARG stands before FROM", "ARG VERSION=13\nFROM debian:$VERSION\n"),
    ),
    twins=("hadolint:DL1000", "hadolint:DL3061"),
)
