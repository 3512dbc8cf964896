"""Rule CA305: of neighbouring COPYs the one that changes more often stands first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.offers import offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rewrites.model import Proposal
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if subject.evidence.history is None or subject.lower.count("copy") < 2:
        return

    def message(proposal: Proposal) -> str:
        return f"`{' '.join(subject.slice(proposal.span).split())}` stands below COPYs that change more often"

    yield from offered(subject, "sort-copies", "Move it up over them", message)


_FILES = {"conf/app.ini": "", "src/main.py": ""}

RULE = Rule(
    code="CA305",
    name="copies-in-the-wrong-order",
    summary="Copy what changes seldom above what changes often",
    why="A COPY that has changed has everything below it done again. Where two of them do not get in each other's way, "
    "the one whose files change less often belongs above the other: its layer stays, is not sent again and is not "
    "pulled again.\n\n"
    "How often files change is taken from git's history; without it nothing is said. A small difference is none: the "
    "order of a file should not turn with every commit.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Configuration that hardly changes below sources that do",
            "FROM scratch\nCOPY src /app/\n⟦COPY conf /etc/app/⟧\n",
            "FROM scratch\nCOPY conf /etc/app/\nCOPY src /app/\n",
            files=_FILES,
            changes={"src/main.py": 40, "conf/app.ini": 2},
            message="COPY conf /etc/app/",
        ),
        Example(
            "Nearly as often",
            "FROM scratch\nCOPY src /app/\nCOPY conf /etc/app/\n",
            files=_FILES,
            changes={"src/main.py": 4, "conf/app.ini": 3},
        ),
        Example(
            "The one may write over the other",
            "FROM scratch\nCOPY src /app/\nCOPY conf /app/\n",
            files={"src/app.ini": "", "conf/app.ini": ""},
            changes={"src/app.ini": 40, "conf/app.ini": 2},
        ),
        Example("Without a history", "FROM scratch\nCOPY src /app/\nCOPY conf /etc/app/\n", files=_FILES),
    ),
    words=("copy",),
)
