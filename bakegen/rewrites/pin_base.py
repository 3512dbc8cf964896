"""Rewrite `pin-base`: images from outside get the digest that the lock file knows; only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.model import Equivalence, Tier
from bakegen.facts.model import PlatformFacts
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rewrites.model import Situation


def _propose(situation: Situation) -> Iterator[Proposal]:
    for view in situation.stages:
        stage = view.stage
        if stage.kind == "image" and not stage.replaced:
            start = stage.stage.start
            yield from _pin(situation, stage.image, start.image.span, start.image.text)
        for link in stage.links:
            outside = link.target is None and link.context is None and link.name != "scratch"
            text = situation.source.slice(link.span)
            # A link of an instruction that an ONBUILD triggered points into that trigger's own text, a number at an
            # image that was named before.
            if outside and link.origin == "COPY --from" and text.endswith(link.name) and not link.name.isdigit():
                yield from _pin(situation, link.name, link.span, link.name)


def _pin(situation: Situation, name: str, span: Span, text: str) -> Iterator[Proposal]:
    if "@" in name or not name:
        return
    facts = situation.evidence.bases.get(name)
    digest = facts.index_digest if facts is not None else ""
    missing: tuple[Missing, ...] = ()
    edits: tuple[Edit, ...] = (Edit(Span(span.end, span.end), f"@{digest}"),)
    if "$" in text and not situation.fixed:
        # With a digest the tag no longer counts: another value would quietly get the image of this one.
        missing = (Missing(f"which image {text} is in other builds", "pin it where the argument is set", False),)
    elif not digest:
        missing, edits = (Missing(f"the digest of {name}", "run `bakegen lock`", False),), ()
    yield Proposal(
        "pin-base",
        span,
        edits,
        Tier.FACTS,
        Equivalence.GRAPH,
        f"BuildKit looks up what {name} is, and this is what it was when it was locked",
        "the image is the same in every build until the lock is updated; a new one under this tag re-runs nothing",
        missing,
    )


_DIGEST = "sha256:" + "d" * 64
_FACTS = {"debian:13": PlatformFacts("sha256:" + "a" * 64, index_digest=_DIGEST)}

REWRITE = Rewrite(
    name="pin-base",
    order=95,
    summary="Pin images from outside by the digest in the lock file.",
    why="A tag moves, and then everything above it is built again, or is not the same on two machines. BuildKit turns "
    "each name into a digest before it builds; one that is written down gives the same graph until the lock file is "
    "updated. `render` pins through named contexts and leaves the file alone: this is for who wants it in the file.",
    tier=Tier.FACTS,
    equivalence=Equivalence.GRAPH,
    propose=_propose,
    default=False,
    examples=(
        Example(
            "A base image",
            "FROM debian:13\n",
            f"FROM debian:13@{_DIGEST}\n",
            bases=_FACTS,
        ),
        Example(
            "The name of the stage stays where it is",
            "FROM --platform=linux/amd64 debian:13 AS base\nFROM base\n",
            f"FROM --platform=linux/amd64 debian:13@{_DIGEST} AS base\nFROM base\n",
            bases=_FACTS,
        ),
        Example(
            "An image that files are copied from",
            "FROM scratch\nCOPY --from=debian:13 /etc/os-release /\n",
            f"FROM scratch\nCOPY --from=debian:13@{_DIGEST} /etc/os-release /\n",
            bases=_FACTS,
        ),
        Example("It is not locked", "FROM debian:12\n", bases=_FACTS, missing="the digest of debian:12"),
        Example("It is pinned already", f"FROM debian:13@{_DIGEST}\n", bases=_FACTS),
        Example(
            "A build argument chooses the tag",
            "ARG TAG=13\nFROM debian:$TAG\n",
            bases=_FACTS,
            missing="which image debian:$TAG is in other builds",
        ),
        Example("Stages and scratch have no digest", "FROM scratch AS a\nCOPY a /\nFROM a\nCOPY --from=0 /a /b\n"),
    ),
)
