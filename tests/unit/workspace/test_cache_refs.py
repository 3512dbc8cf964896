"""What is read of a registry: all pages, all children, ages, and every failure told."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace.cache_refs import Reading, RefReader, home_of
from tests.unit.workspace.fake_images import INDEX, MANIFEST
from tests.unit.workspace.fake_registry import MISSING, Reply, Request, as_json, serving
from tests.unit.workspace.fake_shelf import OLD, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}
SECONDS = datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC).timestamp()


@contextlib.contextmanager
def shelved(shelf: Shelf) -> Iterator[tuple[RefReader, str]]:
    """A reader, and the name of a repository on a registry with what `shelf` has."""
    with serving(shelf.answer) as registry:
        yield RefReader(NO_LOGIN, timeout=5, deadline=30), f"{registry.host}/team/app"


def read(shelf: Shelf) -> Reading:
    with shelved(shelf) as (reader, name):
        return reader.read([name])


def test_all_pages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(page=3)
    for number in range(10):
        shelf.tag(f"team/app:t{number}", shelf.add_cache(b"x"))
    found = read(shelf)
    assert not found.problems
    assert len(found.inventory.refs) == 10
    # A registry that cuts a page and does not say so is asked on.
    monkeypatch.setattr("bakegen.workspace.registry_listing._PAGE", 3)

    def cut(request: Request) -> Reply | None:
        if "/tags/list" not in request.path:
            return None
        last = request.path.partition("last=")[2]
        left = sorted(name.rpartition(":")[2] for name in shelf.tags)
        return as_json({"tags": [tag for tag in left if tag > last][:3]})

    shelf.before = cut
    assert len(read(shelf).inventory.refs) == 10


def test_an_index_with_its_children_and_their_ages() -> None:
    shelf = Shelf()
    child, other = shelf.add_aged(b"one"), shelf.add_aged(b"two", created="2025-01-01T00:00:00Z")
    index = shelf.add_index({"linux/amd64": child, "linux/arm64": other})
    shelf.tag("team/app:latest", index)
    found = read(shelf).inventory
    (ref,) = found.refs
    manifests = {node[1]: manifest for node, manifest in found.manifests.items()}
    assert manifests[ref.digest].children == (child["digest"], other["digest"])
    assert manifests[str(child["digest"])].created == SECONDS
    assert sum(manifests[str(child["digest"])].blobs.values()) > 3
    assert len(manifests) == 3


def test_caches_new_and_old() -> None:
    shelf = Shelf()
    shelf.tag("team/app:new", shelf.add_cache(b"layer"))
    layer = {**shelf.add_blob(b"other"), "annotations": {"buildkit/createdat": OLD}}
    config = {**shelf.add_blob(b'{"layers": []}'), "mediaType": "application/vnd.buildkit.cacheconfig.v0"}
    shelf.tag("team/app:old", shelf.add_document({"schemaVersion": 2, "manifests": [layer, config]}, INDEX))
    found = read(shelf).inventory
    for ref in found.refs:
        manifest = found.manifests[ref.node]
        assert manifest.is_cache
        assert manifest.created == SECONDS
        assert len(manifest.blobs) == 2
        assert not manifest.children


def test_ages_that_are_told_elsewhere_or_nowhere() -> None:
    shelf = Shelf()
    text = b'{"records": [{"layers": [{"layer": 0, "createdAt": "2026-01-02T03:04:05.123456789Z"}]}]}'
    config = {**shelf.add_blob(text), "mediaType": "application/vnd.buildkit.cacheconfig.v0"}
    shelf.tag("team/app:records", shelf.add_document({"config": config, "layers": []}))
    shelf.tag("team/app:epoch", shelf.add_aged(b"x", created="1970-01-01T00:00:00Z"))
    plain = shelf.add_document({"config": shelf.add_blob(b"{}"), "layers": []})
    shelf.tag("team/app:modified", plain)

    def modified(request: Request) -> Reply | None:
        if request.method == "HEAD" and request.path.endswith(str(plain["digest"])):
            when = {"Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT", "Content-Type": MANIFEST}
            return Reply(headers={**when, "Docker-Content-Digest": str(plain["digest"])})
        return None

    shelf.before = modified
    found = read(shelf).inventory
    ages = {ref.tag: found.manifests[ref.node].created for ref in found.refs}
    assert ages == {"records": SECONDS, "epoch": None, "modified": int(SECONDS)}


@pytest.mark.parametrize(
    ("part", "reply", "words"),
    [
        ("/tags/list", Reply(403), "cannot be listed: access refused (403)"),
        ("/tags/list", as_json({"tags": "all"}), "cannot be listed: its list of tags is none"),
        ("/tags/list", as_json({"tags": ["../evil"]}), "its list of tags is none"),
        ("/tags/list", Reply(500), "cannot be listed"),
        ("/manifests/latest", Reply(500), ":latest cannot be read"),
        ("/manifests/latest", MISSING, ":latest cannot be read: its manifest is not there, or of an unknown kind"),
        ("/manifests/latest", as_json({"schemaVersion": 1}), "of an unknown kind"),
        ("/manifests/latest", as_json({"config": {"digest": "sha256:1", "size": 1}}), "cannot be checked"),
        ("/manifests/latest", as_json({"layers": [{"digest": "sha256:" + "0" * 64}]}), "damaged"),
        ("/manifests/sha256:", Reply(500), ":latest cannot be read"),
        ("/blobs/", Reply(500), ":latest cannot be read"),
    ],
)
def test_whatever_cannot_be_read_is_told(part: str, reply: Reply, words: str) -> None:
    shelf = Shelf()
    shelf.tag("team/app:latest", shelf.add_index({"linux/amd64": shelf.add_aged(b"one")}))
    shelf.before = lambda request: reply if part in request.path else None
    (problem,) = read(shelf).problems
    assert words in problem


def test_a_second_look_reads_no_manifest_twice() -> None:
    shelf = Shelf()
    shelf.tag("team/app:a", shelf.add_cache(b"a"))
    shelf.tag("team/app:b", shelf.add_cache(b"b"))
    with serving(shelf.answer) as registry:
        reader, name = RefReader(NO_LOGIN, timeout=5, deadline=30), f"{registry.host}/team/app"
        first = reader.read([name])
        shelf.tag("team/app:b", shelf.add_cache(b"c"))
        del shelf.tags["team/app:a"]
        before = len(registry.asked("GET", "/manifests/"))
        second = reader.read([name])
        assert len(registry.asked("GET", "/manifests/")) == before + 1
    assert [ref.tag for ref in second.inventory.refs] == ["b"]
    assert second.inventory.refs[0] not in first.inventory.refs
    assert second.inventory.refs[0].node in second.inventory.manifests


def test_referrers_are_read_where_the_registry_has_them() -> None:
    shelf = Shelf()
    digest = shelf.tag("team/app:a", shelf.add_cache(b"a"))
    signature = "sha256:" + "1" * 64
    with shelved(shelf) as (reader, name):
        inventory = reader.read([name]).inventory
        assert reader.with_referrers(inventory, [(name, digest)]) == Reading(inventory)
        shelf.referrers = {digest: (signature,)}
        found = reader.with_referrers(inventory, [(name, digest)]).inventory
        assert found.manifests[name, signature].subject == digest
        shelf.before = lambda request: Reply(500) if "/referrers/" in request.path else None
        (problem,) = reader.with_referrers(inventory, [(name, digest)]).problems
        assert "what refers to" in problem


def test_a_name_with_its_host() -> None:
    assert home_of("debian") == "docker.io/library/debian"
    assert home_of("registry.example/team/app") == "registry.example/team/app"
    assert home_of("registry.example/Team") is None
