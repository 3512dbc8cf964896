"""Rule BK104: ``FROM`` and ``run`` in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    # As BuildKit does: what stands before the first FROM is not looked at, nor is what an ONBUILD holds.
    nodes = [command.node for stage in subject.stages for command in (stage.start, *stage.commands)]
    keywords = [node.keyword for node in nodes]
    lower = sum(word == word.lower() for word in keywords)
    upper = sum(word == word.upper() for word in keywords)
    case, name = (str.lower, "lower") if lower > upper else (str.upper, "upper")
    for node in nodes:
        wanted = case(node.keyword)
        if node.keyword == wanted:
            continue
        fix = Fix((Edit(node.keyword_span, wanted),), f"Write {wanted}", True, "keywords mean the same in any case")
        message = f"{node.keyword} is not in {name} case, as most instructions of the file are"
        if not lower and not upper:
            message = f"{node.keyword} is not in {name} case"
        yield Finding(node.keyword_span, message, f"write {wanted}", fix=fix)


RULE = Rule(
    code="BK104",
    name="consistent-instruction-casing",
    summary="Write all instructions of a file in the same case",
    why=(
        "BuildKit takes instructions in any case. People look for them at the beginning of lines, and find them faster "
        "when all look alike; capitals are what nearly everybody uses. The file's own majority decides which case is "
        "asked for; where neither has more, it is upper case."
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "One that is in lower case",
            "FROM busybox\n⟦run⟧ true\nUSER nobody\n",
            "FROM busybox\nRUN true\nUSER nobody\n",
            message="run",
        ),
        Example(
            "One that is in upper case",
            "from busybox\nrun true\n⟦USER⟧ nobody\n",
            "from busybox\nrun true\nuser nobody\n",
        ),
        Example("Neither of both", "⟦From⟧ busybox\n⟦Run⟧ true\n", "FROM busybox\nRUN true\n"),
        Example("A draw", "FROM busybox\n⟦run⟧ true\n", "FROM busybox\nRUN true\n"),
        Example("All in upper case", "FROM busybox\nRUN true\n"),
        Example("All in lower case", "from busybox\nrun true\n"),
        Example("What stands before FROM does not count", "arg A=1\nFROM busybox\nRUN true\n"),
        Example("What ONBUILD holds does not count", "FROM busybox\nONBUILD run true\n"),
    ),
    twins=("buildkit:ConsistentInstructionCasing",),
    links=("https://docs.docker.com/reference/build-checks/consistent-instruction-casing/",),
)
