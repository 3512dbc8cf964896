"""A registry that lists, deletes and tells what refers to a manifest, as distribution's own does, or badly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.unit.workspace.fake_images import INDEX, Store
from tests.unit.workspace.fake_registry import MISSING, Reply, Request, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0"
OLD = "2026-01-02T03:04:05.123456789Z"


@dataclass
class Shelf(Store):
    """A registry with tags that can be listed and manifests that can be deleted.

    Attributes:
        page: how many tags a page has.
        referrers: subject -> digests; None where the registry has no such list.
        refuse: the answer to every deletion, None where they are allowed.
        before: called with each request before it is answered; what it gives is answered instead.
    """

    page: int = 1000
    referrers: Mapping[str, tuple[str, ...]] | None = None
    refuse: Reply | None = None
    before: Callable[[Request], Reply | None] = field(default=lambda request: None)

    def add_cache(self, *layers: bytes, created: str = OLD) -> dict[str, object]:
        """Holds a cache of BuildKit."""
        config = {**self.add_blob(json.dumps({"layers": [len(layers)]}).encode()), "mediaType": CACHE_CONFIG}
        notes = {"annotations": {"buildkit/createdat": created}} if created else {}
        made = [{**self.add_blob(one), **notes} for one in layers]
        return self.add_document({"schemaVersion": 2, "config": config, "layers": made})

    def add_aged(self, *layers: bytes, created: str = OLD) -> dict[str, object]:
        """Holds an image whose config says when it was made."""
        config = self.add_blob(json.dumps({"os": "linux", "architecture": "amd64", "created": created}).encode())
        config["mediaType"] = "application/vnd.oci.image.config.v1+json"
        made = [self.add_blob(one) for one in layers]
        return self.add_document({"schemaVersion": 2, "config": config, "layers": made})

    def answer(self, request: Request) -> Reply:
        """What the registry answers."""
        if (instead := self.before(request)) is not None:
            return instead
        path = request.path.partition("?")[0]
        if path.endswith("/tags/list"):
            return self._list(request)
        if "/referrers/" in path:
            return self._referrers(path.rpartition("/")[2])
        if request.method == "DELETE":
            return self._delete(path)
        return super().answer(request)

    def named(self) -> set[str]:
        """All tags that are left, as ``repository:tag``."""
        return set(self.tags)

    def _list(self, request: Request) -> Reply:
        repository = request.path.removeprefix("/v2/").partition("/tags/list")[0]
        last = request.path.partition("last=")[2]
        every = sorted(self._tags_of(repository))
        left = [tag for tag in every if tag > last]
        if not every:
            return as_json({"errors": [{"code": "NAME_UNKNOWN"}]}, 404)
        shown = left[: self.page]
        more = {"Link": f'</v2/{repository}/tags/list?last={shown[-1]}>; rel="next"'} if len(left) > self.page else {}
        return as_json({"name": repository, "tags": shown}, headers=more)

    def _tags_of(self, repository: str) -> Iterator[str]:
        return (name.rpartition(":")[2] for name in self.tags if name.rpartition(":")[0] == repository)

    def _referrers(self, digest: str) -> Reply:
        if self.referrers is None:
            return MISSING
        found = [{"mediaType": INDEX, "digest": one, "size": 1} for one in self.referrers.get(digest, ())]
        return as_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": found})

    def _delete(self, path: str) -> Reply:
        if self.refuse is not None:
            return self.refuse
        _repository, _, digest = path.removeprefix("/v2/").rpartition("/manifests/")
        if digest not in self.manifests:
            return MISSING
        del self.manifests[digest]
        for name in [name for name, one in self.tags.items() if one == digest]:
            del self.tags[name]
        return Reply(202)
