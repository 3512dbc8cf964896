"""Whose a tag is: which target's, which branch's, and whether that branch is still there.

The names are those of `bakegen.plan.refs`. A tag is compared with the names that what is there would have; only what
none of them is gets taken apart, and what cannot be taken apart without doubt stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.plan.names import TAG_LENGTH, branch_tag, cache_tag, pull_request_slug, slug
from bakegen.pruning.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAFE_LENGTH = TAG_LENGTH - 38
"""Longer tags that end like a hash may have been cut: which branch they are of cannot be read off them."""
_HASHED = re.compile(r".*-[0-9a-f]{8}", re.ASCII)
_CACHE = re.compile(r"cache-([^.]+)\.(.+)", re.ASCII)
_PLATFORM = re.compile(
    r"((?:aix|android|darwin|dragonfly|freebsd|illumos|linux|netbsd|openbsd|plan9|solaris|wasip1|windows)-[^.]*)\.(.+)",
    re.ASCII,
)
_PULL_REQUEST = re.compile(r"pr-([0-9]{1,20})", re.ASCII)
_HASHED_SLUG = re.compile(r"(?!cache-|key-)([a-z_][a-z0-9._-]{0,30})-[0-9a-f]{8}", re.ASCII)
_KEY = re.compile(r"key-[0-9a-f]{40}", re.ASCII)


class Standing(StrEnum):
    """Whether a reference may go."""

    FIXED = "fixed"
    """Never."""
    LIVE = "live"
    """It is a cache of a branch that is there: only to keep the number of tags within a budget."""
    GONE = "gone"
    """Nobody needs it, as far as is known."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a reference is.

    Attributes:
        kind: what it is.
        target: the target, "" where that is not known.
        branch: the branch, or its name in tags where only that is known, "" for none.
        standing: whether it may go.
        why: the reason of that, a clause for people.
    """

    kind: Kind
    target: str
    branch: str
    standing: Standing
    why: str


@dataclass(frozen=True)
class Known:
    """What is known of the project and of its branches.

    Attributes:
        default: the default branch.
        branches: the branches that are there, the default one among them; None where nobody knows.
        pull_requests: the numbers of those that are open; None where nobody knows.
        caches: repository -> targets and platforms (None for a target's only one) whose caches are there.
        tags: repository -> the tags that the default branch writes there.
        keys: repository -> tag of a content key -> who needs it.
        keys_unknown: why no content key may go, "" where it is known which are needed.
        all_targets: whether caches of targets that the project does not have may go, too.
    """

    default: str
    branches: frozenset[str] | None = None
    pull_requests: frozenset[str] | None = None
    caches: Mapping[str, tuple[tuple[str, str | None], ...]] = field(default_factory=dict)
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keys_unknown: str = "content keys stay without --kind key"
    all_targets: bool = False

    @cached_property
    def slugs(self) -> Mapping[str, str]:
        """The names in tags of all that is there -> raw name."""
        found = {slug(branch): branch for branch in sorted((self.branches or frozenset()) | {self.default})}
        found |= {pull_request_slug(number): f"pull request {number}" for number in sorted(self.pull_requests or ())}
        return found

    @cached_property
    def cache_tags(self) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        """Repository -> tag of a cache that is needed -> target, raw name of the branch."""
        return {
            repository: {
                cache_tag(target, platform, short): (target, name)
                for target, platform in targets
                for short, name in self.slugs.items()
            }
            for repository, targets in self.caches.items()
        }

    @cached_property
    def image_tags(self) -> Mapping[str, Mapping[str, str]]:
        """Repository -> tag of an image on a branch that is there -> raw name of the branch."""
        return {
            repository: {
                branch_tag(tag, name, short, tags): name
                for tag in tags
                for short, name in self.slugs.items()
                if name != self.default
            }
            for repository, tags in self.tags.items()
        }


def owner(known: Known, repository: str, tag: str, *, is_cache: bool, has_key: bool) -> Owner:
    """Whose a tag is.

    Args:
        known: what is known of the project.
        repository: where the tag is.
        tag: the tag.
        is_cache: its manifest is that of a cache of BuildKit.
        has_key: its manifest has a content key as a tag, too, as every image has that bakegen has tagged.
    """
    if (found := known.cache_tags.get(repository, {}).get(tag)) is not None:
        return _of_branch(known, Kind.CACHE, *found)
    if tag in known.tags.get(repository, ()):
        return Owner(Kind.IMAGE, "", known.default, Standing.FIXED, "the default branch writes this tag")
    if (name := known.image_tags.get(repository, {}).get(tag)) is not None:
        return Owner(Kind.IMAGE, "", name, Standing.FIXED, f"{_called(name)} is there")
    if is_key(tag):
        return _of_key(known, repository, tag)
    if is_cache and (match := _CACHE.fullmatch(tag)):
        return _of_old_cache(known, repository, tag, match)
    return _of_image(known, repository, tag, has_key=has_key)


def is_key(tag: str) -> bool:
    """Whether `tag` is that of a content key."""
    return _KEY.fullmatch(tag) is not None


def _of_branch(known: Known, kind: Kind, target: str, name: str) -> Owner:
    if name == known.default:
        return Owner(kind, target, name, Standing.FIXED, "it is the default branch's")
    if known.branches is None:
        return Owner(kind, target, name, Standing.FIXED, "which branches are there is not known")
    return Owner(kind, target, name, Standing.LIVE, f"{_called(name)} is there")


def _of_key(known: Known, repository: str, tag: str) -> Owner:
    if (who := known.keys.get(repository, {}).get(tag)) is not None:
        return Owner(Kind.KEY, "", "", Standing.FIXED, f"it is the content key of {who}")
    if known.keys_unknown:
        return Owner(Kind.KEY, "", "", Standing.FIXED, known.keys_unknown)
    return Owner(Kind.KEY, "", "", Standing.GONE, "no branch that is there has this content key")


def _of_old_cache(known: Known, repository: str, tag: str, match: re.Match[str]) -> Owner:
    """The owner of a cache that none of the project's targets has on a branch that is there."""
    target, rest = match[1], match[2]
    platform = _PLATFORM.fullmatch(rest)
    name = platform[2] if platform else rest
    if len(tag) > _SAFE_LENGTH and _HASHED.fullmatch(tag):
        return Owner(Kind.CACHE, "", "", Standing.FIXED, "its name is too long to tell the branch")
    gone = _gone(known, Kind.CACHE, target, name)
    ours = {one for one, _ in known.caches.get(repository, ())}
    if gone.standing is not Standing.FIXED and target not in ours and not known.all_targets:
        why = f"this project has no target {target}: another one may use the repository (--all-targets)"
        return Owner(Kind.CACHE, target, gone.branch, Standing.FIXED, why)
    return gone


def _of_image(known: Known, repository: str, tag: str, *, has_key: bool) -> Owner:
    """The owner of a tag that is no cache, no key, and not written by what is there."""
    for written in sorted(known.tags.get(repository, ()), key=len, reverse=True):
        start = "" if written == "latest" else f"{written}-"
        rest = tag.removeprefix(start)
        if has_key and tag.startswith(start) and _is_a_branch(known, rest):
            return _gone(known, Kind.IMAGE, "", rest)
    why = "it is not told apart from tags that others write"
    return Owner(Kind.OTHER, "", "", Standing.FIXED, why)


def _is_a_branch(known: Known, name: str) -> bool:
    """Whether the end of a tag can be nothing but a branch or a pull request.

    A plain name could be a version that the project has had before (`1.22-alpine` is no branch `alpine`), and
    `main-0123abcd` the tag that others give to a commit of branch main.
    """
    if _PULL_REQUEST.fullmatch(name):
        return True
    hashed = _HASHED_SLUG.fullmatch(name)
    return hashed is not None and (name in known.slugs or hashed[1] not in known.slugs)


def _gone(known: Known, kind: Kind, target: str, name: str) -> Owner:
    if known.branches is None:
        return Owner(kind, target, name, Standing.FIXED, "which branches are there is not known")
    if (raw := known.slugs.get(name)) is not None:
        return Owner(kind, target, raw, Standing.FIXED, f"{_called(raw)} is there")
    if (match := _PULL_REQUEST.fullmatch(name)) is not None:
        if known.pull_requests is None:
            why = f"whether pull request {match[1]} is open is not known (--pull-requests)"
            return Owner(kind, target, name, Standing.FIXED, why)
        return Owner(kind, target, name, Standing.GONE, f"pull request {match[1]} is not open")
    if name.startswith("pr-x-"):
        return Owner(kind, target, name, Standing.FIXED, "it is of a pull request without a number")
    return Owner(kind, target, name, Standing.GONE, f"no branch that is there is called {name} in tags")


def _called(name: str) -> str:
    return name if name.startswith("pull request ") else f"branch {name}"
