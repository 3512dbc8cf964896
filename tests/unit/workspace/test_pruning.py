"""Pruning from end to end on a registry of our own: every guard holds, and what goes wrong in between stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bakegen.errors import EngineError
from bakegen.pruning.model import Kind
from bakegen.pruning.policy import Policy
from bakegen.workspace.project import open_workspace
from bakegen.workspace.pruning import BranchSource, Holder
from tests.unit.workspace.fake_registry import Reply, Request, as_json, challenge, serving
from tests.unit.workspace.fake_shelf import Shelf
from tests.unit.workspace.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bakegen.pruning.policy import Selection
    from bakegen.workspace.pruning import Holdings
    from bakegen.workspace.ref_removal import Removed
    from tests.unit.workspace.fake_registry import FakeRegistry

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}
KEY = "key-" + "0" * 40


@dataclass
class Place:
    """A project with a registry."""

    shelf: Shelf
    registry: FakeRegistry
    holder: Holder
    source: BranchSource

    def plan(self, policy: Policy | None = None) -> tuple[Selection, Holdings]:
        return self.holder.plan(self.source, policy or Policy())

    def prune(self, policy: Policy | None = None) -> Removed:
        return self.holder.remove(*self.plan(policy))

    def deletions(self) -> list[str]:
        return [request.path.rpartition("/")[2] for request in self.registry.asked("DELETE")]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Branches master and topic; caches of them and of gone, which shares a layer with master's."""
    shelf = Shelf()
    with serving(lambda request: shelf.answer(request)) as registry:
        repository = Repository(tmp_path).init("-b", "master")
        repository.write("bakegen.yaml", f"registry: {registry.host}/team\ndefault-branch: master\n")
        repository.write("images/app/image.yaml", "")
        repository.write("images/app/Dockerfile", "FROM debian:12\nCOPY a /\n")
        repository.write("images/app/a", "1")
        repository.git("add", ".")
        repository.git("commit", "-q", "-m", "one")
        repository.git("branch", "topic")
        for branch, data in (("master", b"master"), ("topic", b"topic"), ("gone", b"gone")):
            shelf.tag(f"team/app:cache-app.{branch}", shelf.add_cache(b"shared", data))
        holder = Holder(open_workspace(tmp_path, {}), NO_LOGIN)
        yield Place(shelf, registry, holder, BranchSource("master"))


def test_the_cache_of_a_branch_that_is_gone_goes_alone(place: Place) -> None:
    gone = place.shelf.tags["team/app:cache-app.gone"]
    selection, holdings = place.plan()
    assert [ref.tag for ref in selection.selected] == ["cache-app.gone"]
    assert not place.deletions()
    manifest = holdings.inventory.manifests[selection.removed[0]]
    own = sum(size for digest, size in manifest.blobs.items() if size == len(b"gone"))
    config = {digest for one in holdings.inventory.manifests.values() for digest in one.blobs}
    assert selection.freed == manifest.size + own
    assert len(config) == 5  # one config for all three, the shared layer, and one of each
    removed = place.holder.remove(selection, holdings)
    assert [ref.tag for ref in removed.refs] == ["cache-app.gone"]
    assert (removed.freed, removed.failures, dict(removed.left)) == (selection.freed, (), {})
    assert place.deletions() == [gone]
    assert place.shelf.named() == {"team/app:cache-app.master", "team/app:cache-app.topic"}
    assert not place.plan()[0].selected


def test_a_digest_that_a_kept_tag_names_never_goes(place: Place) -> None:
    place.shelf.tags["team/app:stable"] = place.shelf.tags["team/app:cache-app.gone"]
    selection, _ = place.plan()
    assert not selection.selected
    assert {one.ref.tag: one.reason for one in selection.verdicts}["cache-app.gone"] == "stable needs the same manifest"


@pytest.mark.parametrize("part", ["/tags/list", "/manifests/cache-app.topic", "/referrers/"])
def test_what_cannot_be_read_stops_it(place: Place, part: str) -> None:
    place.shelf.referrers = {}
    place.shelf.before = lambda request: Reply(403) if part in request.path else None
    with pytest.raises(EngineError, match="nothing is removed, because not all could be read"):
        place.plan()


def test_a_signature_keeps_what_it_signs(place: Place) -> None:
    place.shelf.referrers = {place.shelf.tags["team/app:cache-app.gone"]: ("sha256:" + "1" * 64,)}
    selection, _ = place.plan()
    assert not selection.selected


def test_branches_are_read_after_tags(place: Place, tmp_path: Path) -> None:
    """A branch that has come, and whose cache was read, is among the branches."""

    def push(request: Request) -> Reply | None:
        if request.path.endswith("cache-app.gone"):
            Repository(tmp_path).git("branch", "-f", "gone")
        return None

    place.shelf.before = push
    assert not place.plan()[0].selected


def moved(shelf: Shelf) -> None:
    shelf.tag("team/app:cache-app.gone", shelf.add_cache(b"new"))


def tagged(shelf: Shelf) -> None:
    shelf.tags["team/app:stable"] = shelf.tags["team/app:cache-app.gone"]


def same(shelf: Shelf) -> None:
    shelf.tags["team/app:cache-app.master"] = shelf.tags["team/app:cache-app.gone"]


def indexed(shelf: Shelf) -> None:
    digest = shelf.tags["team/app:cache-app.gone"]
    shelf.tag("team/app:both", shelf.add_index({"linux/amd64": {"digest": digest, "size": 1, "mediaType": _KIND}}))


def signed(shelf: Shelf) -> None:
    shelf.referrers = {shelf.tags["team/app:cache-app.gone"]: ("sha256:" + "1" * 64,)}


def vanished(shelf: Shelf) -> None:
    del shelf.tags["team/app:cache-app.gone"]


_KIND = "application/vnd.oci.image.manifest.v1+json"


@pytest.mark.parametrize("change", [moved, tagged, same, indexed, signed, vanished])
def test_what_changes_between_the_looks_stays(place: Place, change: object) -> None:
    selection, holdings = place.plan()
    assert len(selection.selected) == 1
    assert callable(change)
    change(place.shelf)
    removed = place.holder.remove(selection, holdings)
    assert not place.deletions()
    assert not removed.refs
    assert list(removed.left) == list(selection.selected)


def test_a_second_look_that_fails_deletes_nothing(place: Place) -> None:
    selection, holdings = place.plan()
    place.shelf.before = lambda request: Reply(403) if "/tags/list" in request.path else None
    with pytest.raises(EngineError):
        place.holder.remove(selection, holdings)
    assert not place.deletions()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (as_json({"errors": [{"code": "UNSUPPORTED"}]}, 405), "the registry does not allow deletion"),
        (Reply(404, body=b"404 page not found"), "the registry does not allow deletion"),
        (Reply(403), "access refused (403)"),
        (Reply(409), "it answers with status 409"),
    ],
)
def test_a_refused_deletion_is_told_and_nothing_is_said_to_be_gone(place: Place, reply: Reply, words: str) -> None:
    place.shelf.tag("team/app:cache-app.gone-2", place.shelf.add_cache(b"2"))
    place.shelf.refuse = reply
    removed = place.prune()
    assert not removed.refs
    assert removed.freed == 0
    assert words in removed.failures[0]
    # A registry that allows none is asked once.
    assert len(place.deletions()) == (1 if reply.status in (404, 405) else 2)
    assert len(removed.left) == 2


def test_a_registry_that_wants_a_token_for_deletion(place: Place) -> None:
    """The scope is the one that the registry names; a token for reading does not do."""

    def guarded(request: Request) -> Reply | None:
        if request.path.startswith("/token"):
            scope = "delete" if "delete" in request.path else "pull"
            return as_json({"token": scope})
        wanted = "delete" if request.method == "DELETE" else "pull"
        if request.authorization == f"Bearer {wanted}":
            return None
        refusal = challenge(f"{place.registry.url}/token")
        header = refusal.headers["WWW-Authenticate"].replace(":pull", f":{wanted}")
        return Reply(401, {"WWW-Authenticate": header})

    place.shelf.before = guarded
    assert [ref.tag for ref in place.prune().refs] == ["cache-app.gone"]
    assert len(place.registry.asked("GET", "/token")) == 2


def test_an_index_goes_first_and_where_it_stays_its_children_do(place: Place) -> None:
    shelf = place.shelf
    child = shelf.add_aged(b"child")
    index = shelf.add_index({"linux/amd64": child})
    for tag in ("pr-7", KEY):
        shelf.tag(f"team/app:{tag}", index)
    numbers = place.holder._workspace.root / "numbers"
    numbers.write_text("none\n")
    place.source = BranchSource("master", pull_requests=numbers)
    policy = Policy(frozenset({Kind.IMAGE, Kind.KEY}))
    selection, holdings = place.plan(policy)
    assert [node[1] for node in selection.removed] == [index["digest"], child["digest"]]
    shelf.refuse = Reply(409)
    removed = place.holder.remove(selection, holdings)
    assert place.deletions() == [index["digest"]]
    assert not removed.refs
    shelf.refuse = None
    removed = place.prune(policy)
    assert place.deletions()[1:] == [index["digest"], child["digest"]]
    assert {ref.tag for ref in removed.refs} == {"pr-7", KEY}


def test_content_keys_of_branches_stay(place: Place, tmp_path: Path) -> None:
    """Those of the checkout, of each branch, and of what a branch was two hours ago; nothing where one is not known."""
    repository = Repository(tmp_path)
    old = key_of(tmp_path)
    repository.git("checkout", "-q", "topic")
    repository.write("images/app/a", "2")
    topic = key_of(tmp_path)
    repository.git("commit", "-q", "-a", "-m", "two")
    repository.git("checkout", "-q", "master")
    for tag in (old, topic, KEY):
        place.shelf.tag(f"team/app:{tag}", place.shelf.add_aged(tag.encode()))
    policy = Policy(frozenset({Kind.KEY}))
    selection, _ = place.plan(policy)
    assert [ref.tag for ref in selection.selected] == [KEY]
    reasons = {one.ref.tag: one.reason for one in selection.verdicts}
    assert reasons[old] == "it is the content key of this checkout"
    assert reasons[topic] == "it is the content key of branch topic"
    listed = tmp_path / "branches"
    listed.write_text("master\ntopic\n")
    place.source = BranchSource("master", file=listed)
    selection, _ = place.plan(policy)
    assert not selection.selected
    assert "the commit of branch master is not in the list" in selection.notes[0]
    listed.write_text(f"{'1' * 40} refs/heads/master\n")
    selection, _ = place.plan(policy)
    assert not selection.selected
    assert "the newest commit of branch master is not in this clone" in selection.notes[0]


def key_of(folder: Path) -> str:
    """The tag of the content key of the image, as it is now."""
    from bakegen.plan.content import content_keys
    from bakegen.plan.names import key_tag
    from bakegen.workspace.context import Contexts

    workspace = open_workspace(folder, {})
    key = content_keys(workspace.plan, Contexts(workspace.files))["app"].key
    assert key is not None
    return key_tag(key)


def test_a_look_goes_on_where_branches_are_not_known(place: Place, tmp_path: Path) -> None:
    place.source = BranchSource("master", file=tmp_path / "missing")
    holdings = place.holder.look(place.source)
    assert len(holdings.inventory.refs) == 3
    assert "no such file" in holdings.problems[0]


def test_caches_of_stages_that_a_build_found_dear_are_the_projects_own(place: Place, tmp_path: Path) -> None:
    text = "FROM debian:12 AS tools\nRUN make\nFROM debian:12\nCOPY --from=tools /a /\n"
    Repository(tmp_path).write("images/app/Dockerfile", text)
    tag = "cache-app-stage-tools.gone"
    place.shelf.tag(f"team/app:{tag}", place.shelf.add_cache(b"tools"))
    place.shelf.tag("team/app:cache-app-stage-other.gone", place.shelf.add_cache(b"other"))
    place.holder = Holder(open_workspace(tmp_path, {}), NO_LOGIN)
    assert [ref.tag for ref in place.plan()[0].selected] == [tag, "cache-app.gone"]
