"""The content keys of a plan's targets, parents first: digests of files and what the plan knows, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.dockerfile.references import context_name
from bakegen.plan.graph import topological
from bakegen.plan.keys import KeyInputs, SourcePattern, content_key, digest
from bakegen.plan.names import split_reference
from bakegen.plan.pins import IMAGE
from bakegen.plan.recipes import below, is_remote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bakegen.plan.model import Plan, Target
    from bakegen.text import Location

# Attributes that change what a build gives or the cache keys of its steps. Labels that CI settles (a run id) are no
# content, and neither is where the result goes.
_ATTRIBUTES = ("labels", "annotations", "attest", "network", "extra-hosts", "shm-size", "ulimits", "entitlements")
# Build arguments that work without being declared.
_ALWAYS = ("BUILDKIT_", "SOURCE_DATE_EPOCH")


class Digests(Protocol):
    """Digests of what a build reads from a folder."""

    def digest(
        self, context: str, ignore: IgnoreFile, selection: Sequence[SourcePattern], location: Location | None = None
    ) -> str:
        """A digest of the files in `context` that `selection` reads and `ignore` leaves in."""
        ...


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A target's key and all that it was made of; None as key where something cannot be known here."""

    key: str | None
    inputs: KeyInputs | None
    unknown: str = ""


def content_keys(
    plan: Plan,
    digests: Digests,
    wanted: Iterable[str] | None = None,
    without: Mapping[str, str] | None = None,
) -> dict[str, ContentKey]:
    """The keys of `wanted` targets (all without it) and of those that they build on.

    Args:
        plan: the plan.
        digests: reads and hashes files.
        wanted: names of targets.
        without: target name -> why it can have none, for those whose files are not all there.

    Returns:
        Target name -> key. A target with a remote context or a frontend that bakegen does not know has none,
        and neither has what builds on it; `unknown` says why.

    Raises:
        InputError: a context lies outside of the project, or cannot be read.
    """
    above = {name: [parent.target for parent in target.parents] for name, target in plan.targets.items()}
    keys: dict[str, ContentKey] = {}
    ignores: dict[str, IgnoreFile] = {}
    for name in topological(plan.targets if wanted is None else wanted, above):
        target = plan.targets[name]
        reason = (without or {}).get(name) or _unknown(target, keys)
        if reason:
            keys[name] = ContentKey(None, None, reason)
            continue
        inputs = _inputs(target, keys, digests, ignores)
        keys[name] = ContentKey(content_key(inputs), inputs)
    return keys


def _unknown(target: Target, keys: Mapping[str, ContentKey]) -> str:
    if target.recipe.remote:
        return "its context is not on this machine"
    if target.reading is None or target.reading.foreign:
        return "its Dockerfile is written for another frontend"
    for parent in target.parents:
        if keys[parent.target].key is None:
            return f"{parent.target} has no key: {keys[parent.target].unknown}"
    return ""


def _inputs(
    target: Target, keys: Mapping[str, ContentKey], digests: Digests, ignores: dict[str, IgnoreFile]
) -> KeyInputs:
    variant, reading = target.variant, target.reading
    assert reading is not None
    files = ""
    if (read := context_reads(target, ignores)) is not None:
        files = digests.digest(*read, variant.place("context"))
    args = {
        name: value
        for name, value in variant.mapping("args").items()
        if name in reading.arguments or name.startswith(_ALWAYS)
    }
    attributes = {name: variant.value(name) for name in _ATTRIBUTES if variant.value(name) is not None}
    return KeyInputs(
        dockerfile=reading.texts,
        target=target.stage or "",
        syntax=reading.syntax,
        platforms=target.platforms,
        args=args,
        attributes=attributes,
        contexts=_contexts(target, keys, digests),
        files=files,
        parents={parent.context: keys[parent.target].key or "" for parent in target.parents},
        bases={base: _base_digest(target, base) for base in target.bases},
    )


Reads = tuple[str, IgnoreFile, tuple[SourcePattern, ...]]
"""A folder relative to the project, what of it is left out, and what of the rest is read."""


def context_reads(target: Target, ignores: dict[str, IgnoreFile] | None = None) -> Reads | None:
    """What a target reads from its context, None where that is nothing; `ignores` keeps parsed ignore files by text."""
    recipe, reading = target.recipe, target.reading
    if reading is None or not reading.files:
        return None
    ignore = IgnoreFile()
    if recipe.ignore is not None:
        known: dict[str, IgnoreFile] = {} if ignores is None else ignores
        text = recipe.ignore.text
        ignore = known.get(text) or known.setdefault(text, IgnoreFile.parse(recipe.ignore))
    return recipe.context, ignore, reading.files


def folder_reads(target: Target) -> dict[str, Reads]:
    """What a target reads from the named contexts that are folders: name of the context -> all of its folder."""
    return {
        name: (below(target.variant.directory, value), IgnoreFile(), (SourcePattern("."),))
        for name, value in target.variant.mapping("contexts").items()
        if not is_remote(value)
    }


def _base_digest(target: Target, base: str) -> str | None:
    """The digest that a base is built by: its own, or that of its pin."""
    return split_reference(base)[2] or split_reference(target.pins.get(context_name(base), ""))[2]


def _contexts(target: Target, keys: Mapping[str, ContentKey], digests: Digests) -> dict[str, str]:
    """The named contexts that the definition sets: a folder by its files, everything else by what it is called."""
    found: dict[str, str] = {}
    linked = {parent.context for parent in target.parents}
    folders = folder_reads(target)
    for name, value in target.variant.mapping("contexts").items():
        if name in linked:
            continue
        if is_remote(value):
            found[name] = digest(("reference", IMAGE + target.pins[name] if name in target.pins else value))
        else:
            place = target.variant.place(f"contexts.{name}")
            found[name] = digest(("files", digests.digest(*folders[name], place)))
    return found
