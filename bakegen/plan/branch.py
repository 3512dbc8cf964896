"""What is known about the branch that is being built, and what follows from it for caches.

`bakegen.workspace.ci` finds the facts; the references in `bakegen.plan.refs` are made from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bakegen.definition.events import BuildEvent
from bakegen.plan.names import pull_request_slug, slug


class CachePolicy(StrEnum):
    """Who writes caches."""

    BRANCH = "branch"
    """Every trusted branch and pull request writes its own."""
    DEFAULT_ONLY = "default-only"
    """Only the default branch writes; everyone reads that."""
    NONE = "none"
    """No caches are read or written."""


@dataclass(frozen=True, slots=True)
class BranchState:
    """The branch, as far as it is known, and why it is believed.

    `branch` is the branch that is built (of a pull request: its head), `base` what a pull request would be
    merged into, None where unknown. `trusted` is whether this build may write what others read. `fork` is
    whether the head of a pull request is in another repository; unknown counts as yes. `local` means that
    no CI was seen: a person's own machine. `event` is what started the build; it says what is built and
    nothing about trust. `reasons` tell people each decision.
    """

    branch: str | None
    base: str | None
    default: str
    pull_request: str | None
    is_tag: bool
    trusted: bool
    provider: str
    reasons: tuple[str, ...] = ()
    fork: bool = False
    local: bool = False
    event: BuildEvent = BuildEvent.BRANCH

    @property
    def slug(self) -> str | None:
        """The name of this build's own references: ``pr-<number>``, the branch's slug, or None if unknown."""
        if self.pull_request is not None:
            return pull_request_slug(self.pull_request)
        return slug(self.branch) if self.branch is not None else None

    @property
    def identity(self) -> str | None:
        """The raw name that `slug` stands for; no branch can be called like a pull request's."""
        return self.branch if self.pull_request is None else f"pull request {self.pull_request}"

    @property
    def is_default(self) -> bool:
        """Whether this builds the default branch itself, not a pull request of a branch with its name."""
        return self.pull_request is None and not self.is_tag and self.branch == self.default

    def writes_cache(self, policy: CachePolicy) -> bool:
        """Whether this build may write caches that other machines read."""
        if policy is CachePolicy.NONE or not self.trusted or self.is_tag or self.slug is None:
            return False
        return self.is_default or policy is CachePolicy.BRANCH

    def cache_sources(self, policy: CachePolicy, fallbacks: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
        """Whose caches are read, the nearest first: its own, the base's, the default's, further fallbacks'.

        Each as raw name and slug. Caches that nobody can have written are left out: those of an untrusted
        pull request, and under `CachePolicy.DEFAULT_ONLY` all but the default branch's. The branch of a fork
        is not ours, whatever it is called.
        """
        if policy is CachePolicy.NONE:
            return ()
        branches: list[str | None] = [self.default]
        own: list[tuple[str, str]] = []
        if policy is CachePolicy.BRANCH:
            if self.pull_request is not None and self.trusted and self.identity is not None:
                own.append((self.identity, pull_request_slug(self.pull_request)))
            ours = self.branch if not (self.fork and self.pull_request is not None) else None
            branches = [ours, self.base, self.default, *fallbacks]
        return tuple(dict.fromkeys([*own, *((name, slug(name)) for name in branches if name is not None)]))
