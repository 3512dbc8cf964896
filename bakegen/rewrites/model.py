"""What a rewrite is: it looks at a situation and proposes edits, each with its proof; `driver` decides and applies."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.effects.model import Equivalence, Tier
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.dockerfile.model import Dockerfile
    from bakegen.dockerfile.resolve import Resolved
    from bakegen.effects.stages import StageView
    from bakegen.facts.model import Evidence, PlatformFacts
    from bakegen.text import Edit, Source, Span


@dataclass(frozen=True, slots=True)
class Missing:
    """What stands between a proposal and its proof.

    Attributes:
        what: the fact that is not known, as a clause ("whether /srv is a directory in debian:trixie").
        supply: how to supply it ("run `bakegen lock`").
        assumable: whether ``--level assumed`` may take it for granted; False where the change is likely wrong.
    """

    what: str
    supply: str
    assumable: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that a rewrite would make.

    Attributes:
        rewrite: its name.
        span: the instruction that it is about.
        edits: the change; they do not overlap.
        tier: what the proof rests on.
        equivalence: how alike the images are.
        reason: why the image stays the same, one sentence.
        gain: what it saves, one sentence.
        missing: what is not proved; such a proposal is offered, not made, at level ``proved``.
        declared: for E2, the paths (globs) that may differ.
        ignore: patterns to add to the ignore file.
        assumes: what is taken for granted, each a clause.
    """

    rewrite: str
    span: Span
    edits: tuple[Edit, ...]
    tier: Tier
    equivalence: Equivalence
    reason: str
    gain: str
    missing: tuple[Missing, ...] = ()
    declared: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether nothing but the frontend's semantics and checked facts carries it."""
        return self.tier <= Tier.FACTS and not self.missing

    @property
    def assumable(self) -> bool:
        """Whether ``--level assumed`` makes it."""
        return self.tier <= Tier.KNOWLEDGE and all(one.assumable for one in self.missing)


@dataclass(frozen=True)
class Situation:
    """All that a rewrite may look at.

    Attributes:
        dockerfile, resolved, stages: the file, with values, with effects.
        evidence: facts at hand.
        ignore: the ignore file that counts for the context, "" where there is none.
        project: a short name that is unique to the project, for ids of cache mounts.
        ephemeral: whether builds run on a new builder each time, where cache mounts are of no use.
        fixed: whether no other build arguments will be given than those that were used here.
    """

    dockerfile: Dockerfile
    resolved: Resolved
    stages: tuple[StageView, ...]
    evidence: Evidence
    ignore: str = ""
    project: str = ""
    ephemeral: bool = False
    fixed: bool = False

    @property
    def source(self) -> Source:
        """The Dockerfile's text."""
        return self.dockerfile.source


@dataclass(frozen=True, slots=True)
class Example:
    """A Dockerfile and what becomes of it: documentation and test at once.

    Attributes:
        title: what it shows, one line.
        before: the text of the Dockerfile.
        after: the text afterwards; None where nothing may change.
        files: the build context: path -> text.
        bases: image name -> facts, for what `before` builds on.
        changes: context path -> how often it changed in git.
        ignore: the text of the ignore file.
        level: ``proved`` or ``assumed``.
        missing: for `after` None: a part of the missing fact that must be named; "" where nothing is proposed.
    """

    title: str
    before: str
    after: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, PlatformFacts] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)
    ignore: str = ""
    level: str = "proved"
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One rewrite; each file of this package that has a `REWRITE` is found by `driver.rewrites`.

    Attributes:
        name: what ``--only`` and ``--skip`` take, ``add-link``.
        order: when it runs among the others, small first; the driver's docstring says why.
        summary: one line.
        why: a paragraph: when the image stays the same and what that rests on.
        tier: the strongest tier that it reaches.
        equivalence: how alike the images are.
        propose: all changes that it would make, each on its own against the same text.
        examples: at least three that change something and three that do not.
        default: whether it runs without being asked for.
        own_order: whether its proof covers orders that commuting alone would refuse (a file copied twice).
    """

    name: str
    order: int
    summary: str
    why: str
    tier: Tier
    equivalence: Equivalence
    propose: Callable[[Situation], Iterable[Proposal]]
    examples: tuple[Example, ...]
    default: bool = True
    own_order: bool = False
