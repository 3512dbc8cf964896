"""Findings out of what a rewrite proposes: the rule says what is wrong, the rewrite's proof whether the fix is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.model import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bakegen.rewrites.model import Proposal
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.text import Span

_MOST_SAID = 3


def chosen(
    subject: DockerfileSubject, rewrite: str, *, also: Callable[[Proposal], bool] = lambda proposal: True
) -> tuple[Proposal, ...]:
    """What a rewrite would change, one proposal an instruction, that is proved or rests on nothing but assumptions.

    What lacks a fact that must not be assumed is left out: the file may well be right as it is. Of several proposals
    for one instruction a proved one comes first; what more can be done is found when that is.

    Args:
        subject: the Dockerfile.
        rewrite: the rewrite's name.
        also: which proposals count.
    """
    found: dict[Span, Proposal] = {}
    for proposal in subject.offers(rewrite):
        if not proposal.edits or not (proposal.proved or proposal.assumable) or not also(proposal):
            continue
        before = found.get(proposal.span)
        if before is None or (proposal.proved and not before.proved):
            found[proposal.span] = proposal
    return tuple(found.values())


def fix_of(proposal: Proposal, what: str) -> Fix:
    """The change of a proposal as a fix, safe where it is proved.

    Args:
        proposal: what the rewrite proposes.
        what: what it does, as an order.
    """
    from bakegen.rewrites.driver import rewrite_named

    own_order = rewrite_named(proposal.rewrite).own_order
    why = [proposal.reason]
    if not proposal.proved:
        unknown = [missing.what for missing in proposal.missing]
        why += [
            f"{head}: {_some(said)}" for head, said in (("not known", unknown), ("assumed", proposal.assumes)) if said
        ]
    return Fix(proposal.edits, what, proposal.proved, "; ".join(why), proposal.declared, own_order)


def _some(said: Sequence[str]) -> str:
    """The first of many clauses: `bakegen rewrite` tells them all."""
    more = len(said) - _MOST_SAID
    return ", ".join(said[:_MOST_SAID]) + (f" and {more} more (see `bakegen rewrite`)" if more > 0 else "")


def offered(
    subject: DockerfileSubject,
    rewrite: str,
    what: str,
    message: Callable[[Proposal], str],
    *,
    mark: Callable[[Proposal], Span] | None = None,
    also: Callable[[Proposal], bool] = lambda proposal: True,
) -> Iterator[Finding]:
    """A finding for each change that a rewrite would make; see `chosen` for which ones count.

    Args:
        subject: the Dockerfile.
        rewrite: the rewrite's name.
        what: what the fix does, as an order.
        message: what is wrong, from the proposal.
        mark: what to mark; the proposal's own span without it.
        also: which proposals count.
    """
    for proposal in chosen(subject, rewrite, also=also):
        span = mark(proposal) if mark is not None else proposal.span
        help = f"{what[:1].lower()}{what[1:]}: {proposal.gain}"
        yield Finding(span, message(proposal), help, fix=fix_of(proposal, what))
