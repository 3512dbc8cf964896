"""Rule GE001: BuildKit would not read the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile import Arg, variables_of
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bakegen.diagnostics import Diagnostic
    from bakegen.rules.dockerfiles import DockerfileSubject

_TWINS = {
    "no-stage": ("hadolint:DL3061",),
    "bad-port": ("hadolint:DL3011",),
    "later-stage": ("hadolint:DL3022",),
    "bad-stage-index": ("hadolint:DL3022",),
    "stage-cycle": ("hadolint:DL3022", "hadolint:DL3023"),
    "bad-onbuild": ("hadolint:DL3043",),
}
_OTHERS = ("hadolint:DL1000",)  # what hadolint cannot parse


def refusal(one: Diagnostic) -> Finding:
    """The finding for something that BuildKit refuses."""
    span = one.location.span if one.location is not None else Span(0, 0)
    labels = tuple((label.location.span, label.text) for label in one.labels)
    return Finding(span, one.message, one.help or "", labels, twins=_TWINS.get(one.code, _OTHERS))


def _is_to_be_given(subject: DockerfileSubject, one: Diagnostic) -> bool:
    """Whether an instruction reads an ARG that has no value of its own: with a build argument it may be right."""
    if one.location is None or one.location.source is not subject.source:
        return False
    open_args = {item.name for _, arg in subject.own(Arg) for item in arg.items if not item.default}
    open_args |= {item.name for arg in subject.dockerfile.global_args for item in arg.items if not item.default}
    at = one.location.span.start
    node = next((node for node in subject.dockerfile.tree.instructions if node.start <= at < node.end), None)
    return node is not None and not open_args.isdisjoint(variables_of(node.logical, subject.dockerfile.escape))


def refusals(subject: DockerfileSubject, diagnostics: Iterable[Diagnostic]) -> Iterator[Finding]:
    """The findings for those errors of a resolved file that no value of a build argument can heal."""
    for one in diagnostics:
        if one.severity is Severity.ERROR and not _is_to_be_given(subject, one):
            yield refusal(one)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from (refusal(one) for one in subject.dockerfile.diagnostics if one.severity is Severity.ERROR)
    if subject.dockerfile.ok:
        yield from refusals(subject, subject.resolved.diagnostics)


RULE = Rule(
    code="GE001",
    name="refused",
    summary="Write what BuildKit can read",
    why="BuildKit stops at this before it builds anything. Other rules look only at files that it reads. What only "
    "the missing value of an `ARG` without a default would stop is not found: the build may give one.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("An instruction that does not exist", "FROM debian:13\n⟦RUM⟧ make\n", message="RUM"),
        Example("A flag that does not exist", "FROM debian:13\nCOPY ⟦--form=base⟧ a b\n"),
        Example("A stage that needs itself", "FROM scratch AS a\nCOPY --from=⟦a⟧ x y\n"),
        Example("A port that does not exist", "FROM scratch\nEXPOSE 80 ⟦80800⟧\n", message="80800"),
        Example("An instruction before the first FROM", "⟦WORKDIR /app⟧\nFROM scratch\n", message="WORKDIR"),
        Example("What ONBUILD cannot trigger", "FROM scratch\nONBUILD ⟦MAINTAINER⟧ me\n", message="MAINTAINER"),
        Example("A variable that no build argument sets", "FROM ⟦debian:$VERSION⟧\n", message="debian:"),
        Example("A value that the build must give", "ARG V\nFROM debian:${V:?which}\nARG S\nSTOPSIGNAL $S\n"),
        Example("Nothing wrong", "FROM debian:13\nRUN make\n"),
        Example("An image that the build is to name", "ARG BASE\nFROM $BASE\nRUN make\n"),
        Example("Only an ARG stands before FROM", "ARG VERSION=13\nFROM debian:$VERSION\n"),
        Example("The last port there is", "FROM scratch\nEXPOSE 65535/udp\n"),
    ),
    twins=tuple(sorted({*_OTHERS, *(twin for twins in _TWINS.values() for twin in twins)})),
)
