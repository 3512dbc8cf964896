"""Rule CA312: an image from outside without its digest; only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Copy, From
from bakegen.facts.model import PlatformFacts
from bakegen.rules.cache._stages import earlier, lineage
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.offers import chosen, fix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Text
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    names: list[Text] = []
    for stage, start in subject.each(From):
        if lineage(subject, stage)[-2:] == (stage,):
            names.append(start.image)
    for stage, copy in subject.own(Copy):
        if copy.source_stage is not None and earlier(subject, stage, copy.source_stage.text) is None:
            names.append(copy.source_stage)
    open_names = [one for one in names if "@" not in one.text and "$" not in one.text and _is_image(one.text)]
    if not open_names:
        return
    offers = {one.span: one for one in chosen(subject, "pin-base")} if subject.evidence.bases else {}
    for one in open_names:
        proposal = offers.get(one.span)
        fix = fix_of(proposal, "Pin it by the digest of the lock file") if proposal is not None else None
        yield Finding(
            one.span,
            f"{one.text} may be another image in the next build",
            "pin it by its digest, or have `bakegen lock` and `bakegen render` do so",
            fix=fix,
        )


def _is_image(name: str) -> bool:
    return name != "scratch" and not name.isdecimal()


_DIGEST = "sha256:" + "d" * 64
_BASES = {"debian:13": PlatformFacts("sha256:" + "a" * 64, index_digest=_DIGEST)}

RULE = Rule(
    code="CA312",
    name="unpinned-base",
    summary="Pin base images by their digest",
    why="A tag moves: the same file gives another image tomorrow, two machines do not share a cache, and everything "
    "above the base is built again on the day that it moves. A digest stays, until somebody changes it.\n\n"
    "It is a matter of policy: who pins must also update. The lock file does both without digests in the "
    "Dockerfile, so this rule runs only where it is asked for.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A tag", "FROM ⟦debian:13⟧\n", message="debian:13"),
        Example(
            "The lock file knows the digest",
            "FROM ⟦debian:13⟧ AS base\nFROM base\nCOPY --from=⟦debian:13⟧ /etc /etc\n",
            f"FROM debian:13@{_DIGEST} AS base\nFROM base\nCOPY --from=debian:13@{_DIGEST} /etc /etc\n",
            bases=_BASES,
            build=False,
        ),
        Example("Pinned", f"FROM debian@{_DIGEST}\n"),
        Example("Stages and nothing", "FROM scratch AS a\nFROM a\nCOPY --from=a /x /y\nCOPY --from=0 /x /z\n"),
        Example("An argument decides", "ARG BASE=debian:13\nFROM $BASE\n"),
    ),
    default=False,
)
