"""Caches of the branch that built an image, for the branch that has it tagged without building it.

A target is skipped where its image is there, most of the time because a branch built it that was merged since. Its
cache was written for that branch then, and the default branch's, which all others read, would stay behind for good.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_documents import read_manifest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import Image, read_image
from bakegen.workspace.registry_listing import all_tags
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_tags import Tagger
from bakegen.workspace.registry_workers import Workers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bakegen.workspace.registry_http import Client

_NO_BRANCH = ("key-", "cache-")


@dataclass(frozen=True, slots=True)
class Inherited:
    """A cache that one branch took over from another: its reference, its digest, and where it was."""

    reference: str
    digest: str
    source: str


def inherit_caches(
    tagged: Mapping[str, Sequence[str]],
    branch: str,
    *,
    environ: Mapping[str, str] = os.environ,
    timeout: float = 10.0,
    deadline: float = 60.0,
    workers: int = 8,
) -> tuple[Inherited, ...]:
    """Has a branch take over caches, in the registry itself, of a branch whose tag names the same image.

    That tag says that the other branch's last build gave just this image, so its cache is the one to it. A cache
    that cannot be found or written stays as it is, without a word: builds do without.

    Args:
        tagged: ``[host/]path@digest`` of images that this branch's tag has not named before -> the references of the
            caches that this branch would have written had it built them.
        branch: the branch's part of references.
        environ: says who we are and by which proxy we go.
        timeout: how long a registry may stay silent, in seconds.
        deadline: how long everything may take.
        workers: how many connections are open at once.
    """
    jobs = [(image, tuple(refs)) for reference, refs in tagged.items() if (image := read_image(reference)) is not None]
    gate = Gate(Credentials(environ), push=True)
    with Workers(Network(environ, timeout, time.monotonic() + deadline), workers) as crew:
        found = crew.all(lambda client, job: _inherit(client, gate, *job, branch), jobs)
    return tuple(one for some in found if not isinstance(some, Failure) for one in some)


def other_branches(
    prefix: str, branch: str, tags: Iterable[str], image_tags: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """The branches that have a cache, and a tag of the image: both tags, sorted.

    Args:
        prefix: what tags of this cache begin with, all but the branch's part.
        branch: the part of the branch that looks for others.
        tags: those in the repository of caches.
        image_tags: those in the repository of images: ``BRANCH`` or ``TAG-BRANCH``.
    """
    named = sorted(tag for tag in image_tags if not tag.startswith(_NO_BRANCH))
    found: list[tuple[str, str]] = []
    for cache in sorted(tags):
        other = cache.removeprefix(prefix)
        if cache.startswith(prefix) and other and other != branch:
            found += [(cache, tag) for tag in named if tag == other or tag.endswith(f"-{other}")]
    return tuple(found)


def _inherit(client: Client, gate: Gate, image: Image, references: Sequence[str], branch: str) -> list[Inherited]:
    done: list[Inherited] = []
    tagger = Tagger(gate, {})
    digests: dict[str, str] = {}
    image_tags = all_tags(client, gate, image.repository)
    for reference in references:
        cache = read_image(reference)
        if cache is None or not cache.tag.endswith(f".{branch}"):  # a long one is cut, and ends with a hash
            continue
        same = cache.repository == image.repository
        tags = image_tags if same else all_tags(client, gate, cache.repository)
        for other, tag in other_branches(cache.tag.removesuffix(branch), branch, tags, image_tags):
            if tag not in digests:
                digests[tag] = tagger.digest(client, Image(image.repository, tag))
            if digests[tag] == image.tag:
                document = read_manifest(client, gate, Image(cache.repository, other))
                Tagger(gate, {document.digest: document}).tag(client, Image(cache.repository, document.digest), cache)
                repository = reference.rpartition(":")[0]
                done.append(Inherited(reference, document.digest, f"{repository}:{other}"))
                break
    return done
