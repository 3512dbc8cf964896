"""What registries hold of a project: all tags of its repositories, with every manifest that they reach.

Reading is all or nothing for whoever wants to delete: what could not be read is told in `Reading.problems`, and nothing
may be concluded from what is missing then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.pruning.model import Inventory, Manifest, Ref
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_delete import named_digest
from bakegen.workspace.registry_documents import NotThereError, read_manifest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import Image, Repository, read_image
from bakegen.workspace.registry_listing import all_tags, referrers
from bakegen.workspace.registry_manifests import read_manifest_facts
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bakegen.pruning.model import Node
    from bakegen.workspace.registry_documents import Document
    from bakegen.workspace.registry_http import Client

TIMEOUT = 30.0
DEADLINE = 1800.0
WORKERS = 8


@dataclass(frozen=True)
class Reading:
    """What was read, and what could not be: a sentence each, without secrets."""

    inventory: Inventory
    problems: tuple[str, ...] = ()


def home_of(repository: str) -> str | None:
    """`repository` with its host, as the graph has it (``docker.io/library/debian``); None where it is none."""
    image = read_image(f"{repository}:latest")
    return None if image is None else _name(image.repository)


class RefReader:
    """Reads repositories; what it knows of a digest it does not read again, for a digest names the same for good."""

    def __init__(self, environ: Mapping[str, str], *, timeout: float = TIMEOUT, deadline: float = DEADLINE) -> None:
        """`environ` says who we are; a registry may stay silent for `timeout` seconds, all ends after `deadline`."""
        self._environ = environ
        self._timeout = timeout
        self._until = time.monotonic() + deadline
        self._gate = Gate(Credentials(environ))
        self._known: dict[Node, Manifest] = {}
        self._parts: dict[Node, tuple[Manifest, ...]] = {}
        self._seen: set[str] = set()

    def read(self, repositories: Iterable[str]) -> Reading:
        """All tags of `repositories` (as `home_of` gives them) and what they reach."""
        wanted = sorted(set(repositories))
        problems: list[str] = []
        refs: list[Ref] = []
        with Workers(Network(self._environ, self._timeout, self._until), WORKERS) as crew:
            lists = crew.all(lambda client, name: all_tags(client, self._gate, _repository(name)), wanted)
            tags: list[tuple[str, str]] = []
            for name, listed in zip(wanted, lists, strict=True):
                if isinstance(listed, Failure):
                    problems.append(f"{name} cannot be listed: {listed.reason}")
                else:
                    tags += [(name, tag) for tag in listed]
            read = crew.all(self._ref, tags)
            for (name, tag), found in zip(tags, read, strict=True):
                if isinstance(found, Failure):
                    problems.append(f"{name}:{tag} cannot be read: {found.reason}")
                elif found is not None:
                    refs.append(found)
        self._seen.update(wanted)
        return Reading(self._inventory(refs), tuple(problems))

    def with_referrers(self, inventory: Inventory, nodes: Sequence[Node]) -> Reading:
        """`inventory` with the manifests that have one of `nodes` as their subject and no tag of their own."""
        problems: list[str] = []
        manifests = dict(inventory.manifests)
        with Workers(Network(self._environ, self._timeout, self._until), WORKERS) as crew:
            lists = crew.all(lambda client, node: referrers(client, self._gate, _repository(node[0]), node[1]), nodes)
            for node, found in zip(nodes, lists, strict=True):
                if isinstance(found, Failure):
                    problems.append(f"what refers to {node[0]}@{node[1]} cannot be read: {found.reason}")
                    continue
                for digest in found:
                    # Only that it is there counts: whatever it says keeps its subject.
                    there = manifests.get((node[0], digest)) or Manifest(node[0], digest, 0)
                    manifests[there.node] = replace(there, subject=node[1])
        return Reading(Inventory(inventory.refs, manifests), tuple(problems))

    def _inventory(self, refs: list[Ref]) -> Inventory:
        manifests = {part.node: part for ref in refs for part in self._parts.get(ref.node, ())}
        return Inventory(tuple(sorted(refs)), manifests)

    def _ref(self, client: Client, at: tuple[str, str]) -> Ref | None:
        name, tag = at
        image = Image(_repository(name), tag)
        if name in self._seen:  # most tags name what they named then
            digest = named_digest(client, self._gate, image)
            if not digest or (name, digest) in self._parts:
                return Ref(name, tag, digest) if digest else None
        try:
            document = read_manifest(client, self._gate, image)
        except NotThereError:
            # Deleted since the list was made, or of a kind that we cannot read: then the list still has it.
            if tag in all_tags(client, self._gate, image.repository):
                raise Failure("its manifest is not there, or of an unknown kind") from None
            return None
        if (name, document.digest) in self._parts:
            return Ref(name, tag, document.digest)
        self._read_parts(client, name, document)
        return Ref(name, tag, document.digest)

    def _read_parts(self, client: Client, name: str, document: Document) -> None:
        """Reads what `document` is made of."""
        repository = _repository(name)
        found: dict[str, Manifest] = {}
        manifest = read_manifest_facts(client, self._gate, repository, name, document)
        found[manifest.digest] = manifest
        waiting = list(manifest.children)
        while waiting:
            digest = waiting.pop()
            if digest in found:
                continue
            child = self._known.get((name, digest))
            if child is None:
                try:
                    document = read_manifest(client, self._gate, Image(repository, digest))
                except NotThereError:
                    continue  # an index may name platforms that are not there: nothing of it can be deleted either
                child = read_manifest_facts(client, self._gate, repository, name, document)
                self._known[child.node] = child
            found[digest] = child
            waiting += child.children
        self._known[manifest.node] = manifest
        self._parts[manifest.node] = tuple(found.values())


def _repository(name: str) -> Repository:
    host, _, path = name.partition("/")
    return Repository(host, path)


def _name(repository: Repository) -> str:
    return f"{repository.host}/{repository.path}"
