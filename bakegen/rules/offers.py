"""Findings out of what a rewrite proposes: the rule says what is wrong, the rewrite's proof whether the fix is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.model import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bakegen.rewrites.model import Proposal
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.text import Span


def offered(
    subject: DockerfileSubject,
    rewrite: str,
    what: str,
    message: Callable[[Proposal], str],
    *,
    mark: Callable[[Proposal], Span] | None = None,
    also: Callable[[Proposal], bool] = lambda proposal: True,
) -> Iterator[Finding]:
    """A finding for each change that a rewrite would make, and that is proved or rests on nothing but assumptions.

    What lacks a fact that must not be assumed is not reported: it may well be right as it is.

    Args:
        subject: the Dockerfile.
        rewrite: the rewrite's name.
        what: what the fix does, as an order.
        message: what is wrong, from the proposal.
        mark: what to mark; the proposal's own span without it.
        also: which proposals count.
    """
    from bakegen.rewrites.driver import rewrites

    own_order = next(one.own_order for one in rewrites() if one.name == rewrite)
    for proposal in subject.offers(rewrite):
        if not proposal.edits or not (proposal.proved or proposal.assumable) or not also(proposal):
            continue
        taken = [missing.what for missing in proposal.missing] + list(proposal.assumes)
        why = proposal.reason if proposal.proved else f"{proposal.reason}; taken for granted: {', '.join(taken)}"
        fix = Fix(proposal.edits, what, proposal.proved, why, proposal.declared, own_order)
        span = mark(proposal) if mark is not None else proposal.span
        yield Finding(span, message(proposal), proposal.gain, fix=fix)
