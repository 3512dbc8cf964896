"""What is asked of a registry about content keys, what is refused before it is asked, and how we log in to push."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from bakegen.building.decide import Present
from bakegen.workspace.key_images import Looked, Tagged, look_up, retag
from tests.unit.workspace.fake_registry import INDEX, MISSING, Reply, Request, as_json, serving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}
SECRET = "s3cret-Passw0rd"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest"}
BODY = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {"digest": "sha256:" + "1" * 64, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
            {"digest": "sha256:" + "2" * 64, "platform": {"os": "linux", "architecture": "arm", "variant": "v6"}},
            {"digest": "sha256:" + "3" * 64, "platform": {"os": "linux", "architecture": "amd64"}},
            {
                "digest": "sha256:" + "4" * 64,
                "platform": {"os": "unknown", "architecture": "unknown"},
                "annotations": ATTESTATION,
            },
        ],
    }
).encode()
DIGEST = "sha256:" + hashlib.sha256(BODY).hexdigest()
OTHER = "sha256:" + "5" * 64


class Holder:
    """A registry with one image under some names, which takes further ones."""

    def __init__(self, *names: str, body: bytes = BODY, kind: str = INDEX) -> None:
        self.names = set(names)
        self.body = body
        self.digest = "sha256:" + hashlib.sha256(body).hexdigest()
        self.kind = kind

    def __call__(self, request: Request) -> Reply:
        name = request.path.rpartition("/")[2]
        said = {"Docker-Content-Digest": self.digest}
        if "/manifests/" not in request.path:
            return MISSING
        if request.method == "PUT":
            assert request.body == self.body
            assert request.headers["content-type"] == self.kind
            self.names.add(name)
            return Reply(201, said)
        if name not in self.names and name != self.digest:
            return MISSING
        return Reply(200, {"Content-Type": self.kind, **said}, self.body)


def login(folder: Path, host: str) -> dict[str, str]:
    auth = {"auth": base64.b64encode(f"me:{SECRET}".encode()).decode()}
    folder.joinpath("config.json").write_text(json.dumps({"auths": {host: auth}}))
    return {"DOCKER_CONFIG": str(folder)}


def tag(wanted: Mapping[str, list[str]], environ: Mapping[str, str] = NO_LOGIN) -> dict[str, Tagged]:
    found = retag(wanted, environ=environ, deadline=10)
    assert SECRET not in str(found)
    return found


# Looking up


def test_an_index_tells_its_platforms_as_buildkit_calls_them() -> None:
    with serving(Holder("key-1")) as registry:
        key = f"{registry.host}/team/app:key-1"
        looked = look_up([key, f"{registry.host}/team/app:key-2"], environ=NO_LOGIN)
        assert [request.path for request in registry.asked("GET")] == ["/v2/team/app/manifests/key-1"]
    assert looked == Looked({key: Present(DIGEST, ("linux/amd64", "linux/arm/v6", "linux/arm64"))}, {})


def test_a_config_is_read_only_where_platforms_matter() -> None:
    with serving(Holder("key-1", body=json.dumps({"config": {"digest": DIGEST}}).encode())) as registry:
        key = f"{registry.host}/team/app:key-1"
        looked = look_up([key], platforms=False, environ=NO_LOGIN)
        assert [request.path for request in registry.asked("GET")] == ["/v2/team/app/manifests/key-1"]
        assert looked.present[key].platforms == ()
        look_up([key], environ=NO_LOGIN)
        assert len(registry.asked("GET", "/blobs/")) == 1


@pytest.mark.parametrize("body", [b"[]", b"{}", b"nonsense", b'{"config": 1}'])
def test_what_is_no_image_is_not_there_but_unknown(body: bytes) -> None:
    with serving(Holder("key-1", body=body)) as registry:
        looked = look_up([f"{registry.host}/team/app:key-1"], environ=NO_LOGIN)
    assert looked.present == {}
    assert len(looked.unknown) == 1


def test_nothing_asks_nobody() -> None:
    assert look_up([], environ=NO_LOGIN) == Looked({}, {})
    assert retag({}, environ=NO_LOGIN) == {}


# Tagging


def test_a_tag_gets_the_same_bytes_and_one_that_has_them_is_left_alone() -> None:
    with serving(Holder("key-1", "there")) as registry:
        repository = f"{registry.host}/team/app"
        new, there = f"{repository}:new", f"{repository}:there"
        done = tag({f"{repository}:key-1@{DIGEST}": [new, there]})
        assert [request.path for request in registry.asked("PUT")] == ["/v2/team/app/manifests/new"]
    assert done == {new: Tagged(new, DIGEST, written=True), there: Tagged(there, DIGEST)}


def test_a_manifest_that_was_read_when_looking_up_is_not_read_again() -> None:
    with serving(Holder("key-1")) as registry:
        key, new = f"{registry.host}/team/app:key-1", f"{registry.host}/team/app:new"
        looked = look_up([key], environ=NO_LOGIN)
        done = retag({f"{key}@{DIGEST}": [new]}, manifests=looked.manifests, environ=NO_LOGIN)
        assert [request.method for request in registry.requests] == ["HEAD", "GET", "HEAD", "PUT"]
    assert done[new].written


def test_what_cannot_be_tagged_is_refused_before_anything_is_asked() -> None:
    with serving(Holder("key-1")) as registry:
        repository = f"{registry.host}/team/app"
        source = f"{repository}@{DIGEST}"
        other, twice, bad = f"{registry.host}/team/other:new", f"{repository}:twice", f"{repository}@{OTHER}"
        done = tag(
            {source: [other, twice, bad], f"{repository}@{OTHER}": [twice], f"{repository}:key-1": [f"{repository}:x"]}
        )
        assert registry.requests == []
    assert done[other].failure.startswith(f"it is in another repository than {source}")
    assert done[twice].failure == "it should name two different images"
    assert done[bad].failure == "it is not a tag"
    assert done[f"{repository}:x"].failure == "what it should name is given without a digest"
    assert not any(one.written for one in done.values())


def test_an_image_that_is_gone_is_a_failure() -> None:
    with serving(Holder()) as registry:
        new = f"{registry.host}/team/app:new"
        done = tag({f"{registry.host}/team/app@{OTHER}": [new]})
    assert done[new].failure == f"{OTHER} is not in its repository any more"


def test_what_is_no_manifest_of_an_image_is_not_tagged() -> None:
    holder = Holder(body=b'{"schemaVersion": 1}', kind="application/vnd.docker.distribution.manifest.v1+json")
    with serving(holder) as registry:
        new = f"{registry.host}/team/app:new"
        done = tag({f"{registry.host}/team/app@{holder.digest}": [new]})
        assert registry.asked("PUT") == []
    assert done[new].failure == "its manifest is of a kind that cannot be tagged"


def test_a_refusal_tells_the_registrys_code_and_nothing_else_of_it() -> None:
    holder = Holder()
    refusal = as_json({"errors": [{"code": "TAG_IMMUTABLE", "message": "\x1b[31m" + SECRET}, {"code": "\x1b"}]}, 409)
    with serving(lambda request: refusal if request.method == "PUT" else holder(request)) as registry:
        new = f"{registry.host}/team/app:new"
        done = tag({f"{registry.host}/team/app@{DIGEST}": [new]})
        assert len(registry.asked("PUT")) == 1
    assert done[new].failure == "it answers with status 409 (TAG_IMMUTABLE)"


def test_a_write_is_not_sent_where_a_redirect_leads() -> None:
    holder = Holder()
    with serving(Holder()) as elsewhere:
        away = Reply(307, {"Location": f"{elsewhere.url}/v2/team/app/manifests/new"})
        with serving(lambda request: away if request.method == "PUT" else holder(request)) as registry:
            new = f"{registry.host}/team/app:new"
            done = tag({f"{registry.host}/team/app@{DIGEST}": [new]})
        assert elsewhere.requests == []
    assert done[new].failure == "it answers with status 307"


def test_a_registry_that_does_not_say_what_it_wrote_is_asked() -> None:
    holder = Holder()

    def silent(request: Request) -> Reply:
        reply = holder(request)
        return Reply(201) if request.method == "PUT" else reply

    with serving(silent) as registry:
        new = f"{registry.host}/team/app:new"
        done = tag({f"{registry.host}/team/app@{DIGEST}": [new]})
        assert [request.method for request in registry.requests] == ["HEAD", "GET", "PUT", "HEAD"]
    assert done[new] == Tagged(new, DIGEST, written=True)


def test_a_failing_tag_keeps_no_other_from_its_image() -> None:
    holder = Holder()
    with serving(lambda r: Reply(403) if r.path.endswith("/locked") else holder(r)) as registry:
        locked, new = (f"{registry.host}/team/app:{name}" for name in ("locked", "new"))
        done = tag({f"{registry.host}/team/app@{DIGEST}": [locked, new]})
    assert done[locked].failure == f"access refused (403): nobody is logged in to {registry.host}"
    assert done[new].written


# Logging in


@pytest.mark.parametrize("named", ["repository:team/app:pull", "repository:team/app:pull other:thing:x", ""])
def test_a_token_is_for_pushing_whatever_the_registry_names(tmp_path: Path, named: str) -> None:
    holder = Holder()

    def answer(request: Request) -> Reply:
        if request.path.startswith("/token"):
            (first, *_) = parse_qs(urlsplit(request.path).query)["scope"]
            return as_json({"token": "writer" if first == "repository:team/app:pull,push" else "reader"})
        if request.authorization != "Bearer writer":
            scope = f',scope="{named}"' if named else ""
            return Reply(401, {"WWW-Authenticate": f'Bearer realm="{registry.url}/token",service="r"{scope}'})
        return holder(request)

    with serving(answer) as registry:
        environ = login(tmp_path, registry.host)
        new, other = (f"{registry.host}/team/app:{name}" for name in ("new", "other"))
        done = tag({f"{registry.host}/team/app@{DIGEST}": [new, other]}, environ)
        assert len(registry.asked("GET", "/token")) == 1
    assert all(one.written for one in done.values())


def test_a_token_that_expires_on_the_way_is_renewed(tmp_path: Path) -> None:
    holder = Holder()
    given: list[str] = []

    def answer(request: Request) -> Reply:
        if request.path.startswith("/token"):
            given.append(f"t{len(given)}")
            return as_json({"token": given[-1]})
        fresh = request.authorization == f"Bearer {given[-1]}" if given else False
        if not fresh or (request.method == "PUT" and len(given) == 1):
            return Reply(401, {"WWW-Authenticate": f'Bearer realm="{registry.url}/token",service="r"'})
        return holder(request)

    with serving(answer) as registry:
        new = f"{registry.host}/team/app:new"
        done = tag({f"{registry.host}/team/app@{DIGEST}": [new]}, login(tmp_path, registry.host))
    assert done[new] == Tagged(new, DIGEST, written=True)
    assert len(given) == 2
