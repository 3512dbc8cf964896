"""The references of one target: which caches it reads and writes, and what its tags are on a branch.

Pure: from the settings, the target and the `BranchState` to entries of the bake attributes `cache-from`,
`cache-to` and `tags`. The layout follows measurements: caches live as tags in the image's own repository,
one for each target, because targets that share a reference overwrite each other, and because layers that
image and cache share travel once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Direction
from bakegen.definition.backends import BACKENDS
from bakegen.plan.branch import CachePolicy
from bakegen.plan.names import branch_tag, cache_tag, key_tag, split_reference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bakegen.plan.branch import BranchState

LOCAL_FOLDER = ".bakegen/cache"
"""Where caches go when there is no registry."""

# Fields that name one cache; a setting of that name becomes the part that all names have in common.
_NAMES = {"registry": "ref", "gha": "scope", "s3": "name", "azblob": "name"}
_EXPORT_DEFAULTS = (("mode", "max"), ("compression", "zstd"), ("ignore-error", "true"))


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """The cache settings of a target: backend, its attributes, who writes, which branches serve as fallbacks.

    `attributes` may hold fields of either direction; each goes where it belongs. A `ref`, `scope` or `name`
    among them is shared: it is the repository or the prefix of every cache's own name. `src` and `dest` of
    a local cache are the folder that holds a folder for each target.
    """

    backend: str = "registry"
    policy: CachePolicy = CachePolicy.BRANCH
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CacheSubject:
    """What a cache belongs to: a target, its repository if any, its platform where it has exactly one.

    `stages` are the targets whose caches this one reads too: the shared and expensive stages that it is
    built from. `tags` are its image references as the default branch writes them: an inline cache is there.
    """

    target: str
    repository: str | None = None
    platform: str | None = None
    stages: tuple[CacheSubject, ...] = ()
    tags: tuple[str, ...] = ()


def cache_candidates(
    subject: CacheSubject, settings: CacheSettings, state: BranchState, default_tags: Collection[str] = ()
) -> tuple[dict[str, str], ...]:
    """The entries that `cache-from` could have, the nearest first: the branch's, the base's, the default's, fallbacks'.

    BuildKit misses steps at random where two caches that it reads share their first steps and then part
    (tried on the engine; see the decision on cache-from), so as few as possible should be named: best the
    first one that exists. Where more than one has to be named, the nearest stands last. `default_tags` are
    as in `image_tags`; only an inline cache needs them.
    """
    entries: list[dict[str, str]] = []
    backend = _backend(subject, settings)
    sources = state.cache_sources(settings.policy, settings.fallbacks)
    if backend == "local":
        return (_local(subject, settings, Direction.FROM),) if sources else ()
    for name, branch_slug in sources:
        if backend == "inline":
            tags = _tags(subject.tags, name, branch_slug, state.default, default_tags)
            entries += [{"type": "registry", "ref": ref} for ref in tags]
        else:
            entries.append(_entry(subject, settings, backend, branch_slug, Direction.FROM))
    return tuple({tuple(entry.items()): entry for entry in entries}.values())


def cache_to(subject: CacheSubject, settings: CacheSettings, state: BranchState) -> tuple[dict[str, str], ...]:
    """The one entry of `cache-to`, or none where this build must not write.

    A local folder on a person's own machine is written without trust: nobody else reads it.
    """
    backend = _backend(subject, settings)
    if backend == "local":
        if settings.policy is CachePolicy.NONE or not (state.local or state.writes_cache(settings.policy)):
            return ()
        return (_with_defaults(_local(subject, settings, Direction.TO)),)
    if state.slug is None or not state.writes_cache(settings.policy):
        return ()
    if backend == "inline":
        return ({"type": "inline"},)
    return (_with_defaults(_entry(subject, settings, backend, state.slug, Direction.TO)),)


def image_tags(tags: tuple[str, ...], state: BranchState, default_tags: Collection[str]) -> tuple[str, ...]:
    """The references that the image gets: as written on the default branch, with the branch elsewhere.

    `tags` are references as the default branch writes them, `default_tags` those of all targets: no
    other branch ever writes one of them. An unknown branch and a tag build get no tags.
    """
    name, branch_slug = state.identity, state.slug
    if name is None or branch_slug is None or state.is_tag:
        return ()
    if state.is_default:
        return tags
    # A pull request is no branch: `state.default` may be its head's name, and its tags still get `pr-<n>`.
    default = None if state.pull_request is not None else state.default
    return _tags(tags, name, branch_slug, default, default_tags)


def key_reference(repository: str, content_key: str) -> str:
    """The reference under which an image with that content key is found."""
    return f"{repository}:{key_tag(content_key)}"


def _tags(
    tags: tuple[str, ...], name: str, branch_slug: str, default: str | None, default_tags: Collection[str]
) -> tuple[str, ...]:
    if name == default:
        return tags
    known: dict[str, list[str]] = {}
    for reference in default_tags:
        repository, tag, _ = split_reference(reference)
        known.setdefault(repository, []).append(tag or "latest")
    found: list[str] = []
    for reference in tags:
        repository, tag, _ = split_reference(reference)
        found.append(f"{repository}:{branch_tag(tag or 'latest', name, branch_slug, known.get(repository, ()))}")
    return tuple(dict.fromkeys(found))


def _backend(subject: CacheSubject, settings: CacheSettings) -> str:
    nowhere = subject.repository is None and "ref" not in settings.attributes
    return "local" if settings.backend in ("registry", "inline") and nowhere else settings.backend


def _entry(
    subject: CacheSubject, settings: CacheSettings, backend: str, branch_slug: str, direction: Direction
) -> dict[str, str]:
    name = _NAMES[backend]
    own = cache_tag(subject.target, subject.platform, branch_slug)
    shared = settings.attributes.get(name)
    if backend == "registry":
        own = f"{shared or subject.repository}:{own}"
    elif shared:
        own = f"{shared}-{own}"
    return {"type": backend, name: own, **_fields(backend, settings, direction)}


def _local(subject: CacheSubject, settings: CacheSettings, direction: Direction) -> dict[str, str]:
    attributes = settings.attributes
    name, other = ("src", "dest") if direction is Direction.FROM else ("dest", "src")
    folder = (attributes.get(name) or attributes.get(other) or LOCAL_FOLDER).rstrip("/")
    return {"type": "local", name: f"{folder}/{subject.target}", **_fields("local", settings, direction)}


def _fields(backend: str, settings: CacheSettings, direction: Direction) -> dict[str, str]:
    known = BACKENDS[backend].fields
    own = (_NAMES.get(backend), "src", "dest")
    return {
        name: value
        for name, value in settings.attributes.items()
        if name in known and name not in own and known[name].direction in (Direction.BOTH, direction)
    }


def _with_defaults(entry: dict[str, str]) -> dict[str, str]:
    known = BACKENDS[entry["type"]].fields
    return {**entry, **{name: value for name, value in _EXPORT_DEFAULTS if name in known and name not in entry}}
