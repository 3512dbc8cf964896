"""Rule BK112: a second ``CMD``, ``ENTRYPOINT`` or ``HEALTHCHECK``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Cmd, Entrypoint, Healthcheck
from bakegen.dockerfile.syntax import LeafKind
from bakegen.rules.buildkit._walk import carried_out
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.buildkit._walk import Done
    from bakegen.rules.dockerfiles import DockerfileSubject

_TWINS = {"CMD": "hadolint:DL4003", "ENTRYPOINT": "hadolint:DL4004", "HEALTHCHECK": "hadolint:DL3012"}


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    last: dict[tuple[int, str], Done] = {}
    for done in carried_out(subject, Cmd, Entrypoint, Healthcheck):
        name = done.step.command.name
        key = (done.stage.stage.index, name)
        before = last.get(key)
        last[key] = done
        if before is not None:
            yield Finding(
                before.span(),
                f"this {name} counts for nothing: another one follows in the stage",
                "keep the last one only",
                (*before.label(subject), (done.span(), "the one that follows")),
                _fix(subject, before) if before.own else None,
                ("buildkit:MultipleInstructionsDisallowed", _TWINS[name]),
            )


def _fix(subject: DockerfileSubject, done: Done) -> Fix | None:
    node = done.step.command.node
    text = subject.source.text
    if node.comments or any(leaf.kind is LeafKind.COMMENT for leaf in node.leaves(text)):
        return None
    return Fix((Edit(Span(node.start, node.end), ""),), "Take it out", True, "the later one takes its place as a whole")


RULE = Rule(
    code="BK112",
    name="multiple-instructions-disallowed",
    summary="Write CMD, ENTRYPOINT and HEALTHCHECK once a stage",
    why=(
        "An image has one of each: the last one of a stage replaces those before it. Two of them are a mistake, or "
        "what is left of one; and they do not add up, as those who write two commands may hope. For several processes "
        "write a script, or build several images.\n\nThe finding is at the instruction that is lost, as BuildKit "
        "reports it. Where a comment stands above it or in it, there is no fix: what to do with it is for people."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Two commands",
            'FROM busybox\n⟦CMD ["a"]⟧\nUSER nobody\nCMD ["b"]\n',
            'FROM busybox\nUSER nobody\nCMD ["b"]\n',
            message="CMD",
        ),
        Example(
            "Of each kind, three of one",
            'FROM busybox\n⟦HEALTHCHECK NONE⟧\n⟦ENTRYPOINT ["a"]⟧\n⟦ENTRYPOINT ["b"]⟧\nENTRYPOINT ["c"]\n'
            "HEALTHCHECK CMD true\n",
            'FROM busybox\nENTRYPOINT ["c"]\nHEALTHCHECK CMD true\n',
        ),
        Example("A comment that belongs to it", 'FROM busybox\n# runs a\n⟦CMD ["a"]⟧\nCMD ["b"]\n'),
        Example("One in each stage", 'FROM busybox AS a\nCMD ["a"]\nFROM a\nCMD ["b"]\n'),
        Example("The command of a health check", 'FROM busybox\nHEALTHCHECK CMD true\nCMD ["a"]\n'),
        Example("One of them for children only", 'FROM busybox\nCMD ["a"]\nONBUILD CMD ["b"]\n'),
    ),
    twins=("buildkit:MultipleInstructionsDisallowed", *_TWINS.values()),
    words=("cmd", "entrypoint", "healthcheck"),
    links=("https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/",),
)
