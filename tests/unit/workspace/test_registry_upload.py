"""A blob gets into a registry whatever happens on the way, and no login goes astray."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace import registry_upload
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import read_image
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_upload import Upload
from tests.unit.workspace.fake_registry import Reply, Request, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_DATA = bytes(range(256)) * 4096
_DIGEST = f"sha256:{hashlib.sha256(_DATA).hexdigest()}"
_PLACE = "/v2/team/app/blobs/uploads/1?state=x"


@dataclass
class Store:
    """A registry that takes one upload; `spoil` may answer in its place."""

    spoil: Callable[[Request, Store], Reply | None] = lambda request, store: None
    got: bytearray = field(default_factory=bytearray)
    whole: bool = False

    def __call__(self, request: Request) -> Reply:
        spoilt = self.spoil(request, self)
        if spoilt is not None:
            return spoilt
        if request.method == "HEAD":
            return Reply(200 if self.whole else 404)
        if request.method == "POST":
            self.got.clear()
            return Reply(202, {"Location": _PLACE})
        known = {"Location": _PLACE, "Range": f"0-{max(0, len(self.got) - 1)}"}
        if request.method == "GET":
            return Reply(204, known)
        if request.method == "PATCH":
            start = int(request.headers.get("content-range", "0-").partition("-")[0])
            if start != len(self.got):
                return Reply(416, known)
            self.got += request.body
            return Reply(202, known)
        assert f"digest={_DIGEST.replace(':', '%3A')}" in request.path and "state=x" in request.path
        self.whole = bytes(self.got) == _DATA
        return Reply(201 if self.whole else 400)


def once(method: str, reply: Reply, keep: int | None = None) -> Callable[[Request, Store], Reply | None]:
    """Answers the first request of that method; of what it brought the first `keep` bytes are taken."""
    seen: list[Request] = []

    def spoil(request: Request, store: Store) -> Reply | None:
        if request.method != method or seen:
            return None
        seen.append(request)
        if keep is not None:
            store.got += request.body[:keep]
        return reply

    return spoil


def upload(store: Store, tmp_path: Path) -> tuple[bool, list[Request]]:
    path = tmp_path / "blob"
    path.write_bytes(_DATA)
    with serving(store) as registry:
        image = read_image(f"{registry.host}/team/app")
        assert image is not None
        environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": os.environ["PATH"]}
        client = Client(Network(environ, 5, time.monotonic() + 20))
        gate = Gate(Credentials(environ), push=True)
        try:
            sent = Upload(client, gate, image.repository, path, _DIGEST, len(_DATA)).run()
        finally:
            client.close()
        return sent, registry.requests


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_upload, "_PAUSE", 0.01)


def test_it_goes_in_one_stream_and_only_once(tmp_path: Path) -> None:
    store = Store()
    sent, requests = upload(store, tmp_path)
    assert sent and store.whole
    assert [one.method for one in requests] == ["HEAD", "POST", "PATCH", "PUT"]
    sent, requests = upload(store, tmp_path)
    assert not sent
    assert [one.method for one in requests] == ["HEAD"]


@pytest.mark.parametrize("keep", [0, 1, 70_000, len(_DATA)])
@pytest.mark.parametrize("reply", [Reply(hang_up=True, raw=b""), Reply(500), Reply(503)], ids=["cut", "500", "503"])
def test_what_arrived_before_a_failure_is_not_sent_again(tmp_path: Path, reply: Reply, keep: int) -> None:
    store = Store(once("PATCH", reply, keep))
    sent, requests = upload(store, tmp_path)
    assert sent and store.whole
    bodies = [len(one.body) for one in requests if one.method == "PATCH"]
    kept = keep if keep > 1 else 0  # one byte and none look alike in an answer
    assert bodies[0] == len(_DATA)
    assert sum(bodies[1:]) == len(_DATA) - kept


@pytest.mark.parametrize("taken", [True, False])
def test_the_last_answer_may_be_lost(tmp_path: Path, taken: bool) -> None:
    def spoil(request: Request, store: Store) -> Reply | None:
        if request.method != "PUT" or store.whole or tries:
            return None
        tries.append(request)
        store.whole = taken
        return Reply(raw=b"", hang_up=True)

    tries: list[Request] = []
    store = Store(spoil)
    sent, requests = upload(store, tmp_path)
    assert sent and store.whole
    assert len([one for one in requests if one.method == "PATCH"]) == 1


def test_a_forgotten_upload_begins_again(tmp_path: Path) -> None:
    def spoil(request: Request, store: Store) -> Reply | None:
        if request.method in ("PATCH", "GET") and len(seen) < 2:
            seen.append(request)
            return Reply(404)
        return None

    seen: list[Request] = []
    store = Store(spoil)
    sent, requests = upload(store, tmp_path)
    assert sent and store.whole
    assert len([one for one in requests if one.method == "POST"]) == 2


@pytest.mark.parametrize(
    ("method", "reply", "words"),
    [
        ("PUT", Reply(400), "status 400"),
        ("POST", Reply(403), "access refused"),
        ("POST", Reply(202, {"Location": "http://elsewhere.example/x"}), "not https"),
        ("PATCH", Reply(413), "status 413"),
    ],
)
def test_a_registry_that_does_not_want_it_is_not_asked_again(
    tmp_path: Path, method: str, reply: Reply, words: str
) -> None:
    store = Store(lambda request, _: reply if request.method == method else None)
    with pytest.raises(Failure, match=words):
        upload(store, tmp_path)


def test_a_registry_that_stays_broken_ends_it(tmp_path: Path) -> None:
    store = Store(lambda request, _: Reply(500) if request.method == "PATCH" else None)
    with pytest.raises(Failure, match="500"):
        upload(store, tmp_path)


def test_after_a_cut_it_goes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_upload, "_PART", 300_000)
    cuts: list[Request] = []

    def spoil(request: Request, store: Store) -> Reply | None:
        # What has been cut is forgotten; four times in all, which is more than in vain would be suffered.
        if request.method != "PATCH" or len(cuts) > 3 or len(cuts) > len(store.got) // 300_000:
            return None
        cuts.append(request)
        return Reply(raw=b"", hang_up=True)

    store = Store(spoil)
    sent, requests = upload(store, tmp_path)
    assert sent and store.whole
    assert len(cuts) == 4
    assert all(len(one.body) <= 300_000 for one in requests[3:])
