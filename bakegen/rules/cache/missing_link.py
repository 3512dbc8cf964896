"""Rule CA306: a COPY whose layer could stay when what is below it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run, Transfer, Workdir
from bakegen.facts.model import DirectoryFacts, PlatformFacts
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.offers import offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rewrites.model import Proposal
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    gaining: set[int] = set()
    for stage in subject.stages:
        for index, command in enumerate(stage.commands):
            plain = isinstance(command, Transfer) and not command.link and command.chmod is None
            if plain and _stands_on_something(subject, stage, index):
                gaining.add(command.span.start)
    if not gaining:
        return

    def message(proposal: Proposal) -> str:
        words = " ".join(subject.slice(proposal.span).split())
        return f"`{words}` is done again when anything below it changes, and its result would be the same"

    yield from offered(
        subject,
        "add-link",
        "Add --link",
        message,
        also=lambda proposal: proposal.proved and proposal.span.start in gaining,
    )


def _stands_on_something(subject: DockerfileSubject, stage: Stage, index: int) -> bool:
    """Whether there is something below that can change, and facts that can prove that it does not matter.

    Of a base image there are facts only where somebody looked; the first layer on nothing gains nothing.
    """
    chain = lineage(subject, stage)
    image = chain[0].start.image.text
    if image != "scratch":
        # A name with variables or a platform may be known under the one that it becomes.
        return bool(subject.evidence.bases)
    below = [one for other in chain[:-1] for one in other.commands] + list(stage.commands[:index])
    return any(isinstance(one, Run | Transfer | Workdir) for one in below)


_DEBIAN = PlatformFacts(
    "sha256:" + "d" * 64,
    symlinks={"/bin": "usr/bin"},
    odd_directories={"/tmp": DirectoryFacts(0, 0, 0o1777)},
    listings={"/": ("etc", "srv", "tmp", "usr"), "/etc": ("apt",), "/srv": ()},
    file_links={},
    users={"root": 0},
)
_ON_DEBIAN = {"debian": _DEBIAN}
_FILES = {"app/main.py": "", "app.conf": ""}

RULE = Rule(
    code="CA306",
    name="missing-link",
    summary="Copy with --link where it is known to change nothing",
    why="A plain COPY is laid over all that stands below it, so a new base image or a change above copies the same "
    "files again, into a layer that every host pulls again. `COPY --link` makes a layer of its own that stays.\n\n"
    "It is not free: --link does not look at what is below. A directory on the way that is not `root:root 0755` "
    "becomes so, and a symbolic link becomes a directory. Reported is only where all directories on the way are known "
    "to be plain or missing, from the facts in the lock file or because the stage starts from nothing. Without them "
    "leave --link out. RUNs below it run again all the same.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The facts of the image say that the directories are plain",
            "FROM debian\n⟦COPY app.conf /etc/⟧\n⟦COPY app /srv/app⟧\n",
            "FROM debian\nCOPY --link app.conf /etc/\nCOPY --link app /srv/app\n",
            files=_FILES,
            bases=_ON_DEBIAN,
            message="COPY app.conf /etc/",
        ),
        Example(
            "On nothing but another COPY",
            "FROM scratch\nCOPY app.conf /etc/\n⟦COPY app /srv/app/⟧\n",
            "FROM scratch\nCOPY app.conf /etc/\nCOPY --link app /srv/app/\n",
            files=_FILES,
        ),
        Example("The first layer has nothing below it", "FROM scratch\nCOPY app /srv/app/\n", files=_FILES),
        Example("Nothing is known of the image", "FROM alpine\nCOPY app /srv/app/\n", files=_FILES),
        Example("It would change the directory", "FROM debian\nCOPY app /tmp/\n", files=_FILES, bases=_ON_DEBIAN),
        Example("It would be ignored", "FROM debian\nCOPY --chmod=755 app /srv/\n", files=_FILES, bases=_ON_DEBIAN),
    ),
    words=("copy", "add"),
)
