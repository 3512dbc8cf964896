"""Rule BK103: ``FROM x as y``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import From
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_WORD = re.compile(r"\S+")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, start in subject.each(From):
        node = start.node
        keyword = node.keyword
        # A FROM that is in neither case is BK104's.
        if start.alias is None or keyword not in (keyword.lower(), keyword.upper()):
            continue
        words = [*_WORD.finditer(node.logical, node.arguments_start, node.arguments_end)]
        wanted = "as" if keyword == keyword.lower() else "AS"
        if len(words) != 3 or words[1][0] == wanted or words[1][0].lower() != "as":
            continue
        span = node.place(words[1].start(), words[1].end())
        fix = Fix((Edit(span, wanted),), f"Write {wanted}", True, "keywords mean the same in any case")
        yield Finding(span, f"{words[1][0]} and {keyword} are not written in the same case", f"write {wanted}", fix=fix)


RULE = Rule(
    code="BK103",
    name="from-as-casing",
    summary="Write AS in the same case as FROM",
    why=(
        "Both are keywords of one instruction: in one case the name of the stage stands out between them. "
        "It makes no difference to the build."
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A small as", "FROM debian ⟦as⟧ base\n", "FROM debian AS base\n"),
        Example("A large AS", "from debian ⟦AS⟧ base\n", "from debian as base\n"),
        Example("Mixed, behind a continuation", "FROM debian \\\n  ⟦As⟧ as\n", "FROM debian \\\n  AS as\n"),
        Example(
            "The image is for the build to name",
            "ARG BASE\nFROM $BASE ⟦as⟧ base\n",
            "ARG BASE\nFROM $BASE AS base\n",
            build=False,
        ),
        Example("All in small letters", "from debian as base\n"),
        Example("All in capitals", "FROM debian AS base\n"),
        Example("No name", "FROM debian\n"),
        Example("FROM is in neither case", "From debian as base\n"),
        Example("An image that is called as", "FROM scratch AS as\nFROM as AS other\n"),
    ),
    twins=("buildkit:FromAsCasing",),
    words=(" as", "\tas", "\nas"),
    links=("https://docs.docker.com/reference/build-checks/from-as-casing/",),
)
