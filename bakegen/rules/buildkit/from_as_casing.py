"""Rule BK103: ``FROM x as y``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import From
from bakegen.rewrites.model import Edit
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_AS = re.compile(r"\s(as)\s", re.IGNORECASE)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, start in subject.each(From):
        if start.alias is None:
            continue
        node = start.node
        word = [*_AS.finditer(node.logical)][-1]  # the last one stands before the name
        if word[1].isupper() == node.keyword.isupper() and word[1] in ("as", "AS"):
            continue
        span = node.place(word.start(1), word.end(1))
        wanted = "AS" if node.keyword.isupper() else "as"
        fix = Fix((Edit(span, wanted),), f"Write {wanted}", True, "keywords mean the same in any case")
        yield Finding(span, f"{word[1]!r} and {node.keyword!r} are not written in the same case", fix=fix)


RULE = Rule(
    code="BK103",
    name="from-as-casing",
    summary="Write AS in the same case as FROM",
    why="Both are keywords of one instruction: in one case the name of the stage stands out between them.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A small as", "FROM debian ⟦as⟧ base\n", "FROM debian AS base\n"),
        Example("All in small letters", "from debian as base\n"),
        Example("All in capitals", "FROM debian AS base\n"),
        Example("No name", "FROM debian\n"),
    ),
    twins=("buildkit:FromAsCasing",),
    links=("https://docs.docker.com/reference/build-checks/from-as-casing/",),
)
