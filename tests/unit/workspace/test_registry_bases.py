"""Base images out of registries that behave, and out of some that do not."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import sys
import tarfile
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.compare.tar import BLOCK
from bakegen.facts.model import BaseFacts
from bakegen.workspace import registry_download
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_bases import BaseReader, Progress, Wanted, choose_platform
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_network import Network
from tests.unit.workspace.fake_images import DEBIAN, INDEX, Member, Store, digest_of, layer
from tests.unit.workspace.fake_registry import Reply, as_json, challenge, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.workspace.fake_registry import Request

AMD64 = ("linux/amd64",)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_download, "_PAUSE", 0.01)


def reader(seconds: float = 20.0, timeout: float = 5.0, tick: Callable[[Progress], None] | None = None) -> BaseReader:
    network = Network({}, timeout, time.monotonic() + seconds)
    return BaseReader(network, Gate(Credentials({"HOME": "/nonexistent"})), tick)


def read(script: Callable[[Request], Reply], tag: str = "team/app:1", platforms: tuple[str, ...] = AMD64) -> BaseFacts:
    """The facts of one image; raises the failure."""
    with serving(script) as registry:
        (found,) = reader().facts({"x": Wanted(f"{registry.host}/{tag}", platforms)}).values()
    if isinstance(found, Failure):
        raise found
    return found


def store(*layers: bytes, packed: bool = True) -> Store:
    held = Store()
    held.tag("team/app:1", held.add_image(layers or (DEBIAN,), packed=packed))
    return held


@pytest.mark.parametrize("packed", [True, False])
def test_an_image_of_one_platform(packed: bool) -> None:
    held = store(DEBIAN, layer("opt/app"), packed=packed)
    found = read(held.answer)
    assert found.digest == held.tags["team/app:1"]
    facts = found.platforms["linux/amd64"]
    assert (facts.digest, facts.index_digest) == (found.digest, found.digest)
    assert facts.listings["/opt"] == ("app",)
    assert facts.distribution == "debian"


def test_zstd() -> None:
    zstandard = pytest.importorskip("zstandard")
    data = layer("opt/zstd")
    half = len(data) // 2
    frames = zstandard.ZstdCompressor().compress(data[:half]) + zstandard.ZstdCompressor().compress(data[half:])
    held = store(frames, packed=False)
    assert read(held.answer).platforms["linux/amd64"].listings["/opt"] == ("zstd",)
    for broken, words in ((frames[:-5], "cut off"), (frames[:5] + b"\xff" * 9 + frames[14:], "badly packed")):
        with pytest.raises(Failure, match=words):
            read(store(broken, packed=False).answer)


def test_zstd_where_nothing_unpacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    held = store(b"\x28\xb5\x2f\xfd" + b"0" * 100, packed=False)
    with pytest.raises(Failure, match=r"zstd.*Python 3\.14 or the package `zstandard`"):
        read(held.answer)


def test_an_index_is_pinned_whole_and_read_by_platform() -> None:
    held = Store()
    amd64, arm64 = held.add_image((layer("opt/amd64"),)), held.add_image((layer("opt/arm64"),))
    attestation = {
        **held.add_document({"schemaVersion": 2, "layers": []}),
        "annotations": {"vnd.docker.reference.type": "x"},
    }
    digest = held.tag(
        "team/app:1",
        held.add_index({"unknown/unknown": attestation, "linux/amd64": amd64, "linux/arm64/v8": arm64}),
    )
    with serving(held.answer) as registry:
        reference = f"{registry.host}/team/app"
        found = reader().facts(
            {
                "tag": Wanted(f"{reference}:1", ("linux/amd64", "linux/arm64")),
                "digest": Wanted(f"{reference}@{digest}", ("linux/arm64",)),
                "missing": Wanted(f"{reference}:1", ("linux/s390x",)),
            }
        )
        layers = [request.path for request in registry.asked(containing="/blobs/")]
        shared = [path for path in layers if path.rpartition("/")[2] in held.layers()]
        assert len(shared) == len(set(shared)) == 2  # though several images have them
    both = found["tag"]
    assert isinstance(both, BaseFacts)
    assert both.digest == digest
    assert {name: facts.listings["/opt"] for name, facts in both.platforms.items()} == {
        "linux/amd64": ("amd64",),
        "linux/arm64": ("arm64",),
    }
    assert {name: facts.digest for name, facts in both.platforms.items()} == {
        "linux/amd64": amd64["digest"],
        "linux/arm64": arm64["digest"],
    }
    assert {facts.index_digest for facts in both.platforms.values()} == {digest}
    one = found["digest"]
    assert isinstance(one, BaseFacts)
    assert one.platforms["linux/arm64"] == both.platforms["linux/arm64"]
    lacking = found["missing"]
    assert isinstance(lacking, Failure)
    assert lacking.reason == "it has no image for linux/s390x, only for linux/amd64, linux/arm64"


@pytest.mark.parametrize(
    ("wanted", "there", "chosen"),
    [
        ("linux/amd64", ["linux/386", "linux/amd64"], "linux/amd64"),
        ("linux/amd64", ["linux/386"], "linux/386"),
        ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v2"),
        ("linux/amd64", ["linux/amd64/v2", "windows/amd64"], None),
        ("linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"),
        ("linux/arm64", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], "linux/arm/v6"),
        ("linux/arm", ["linux/arm/v8", "linux/arm/v7"], "linux/arm/v7"),
        ("linux/arm/v6", ["linux/arm/v7"], None),
        ("windows/amd64", ["linux/amd64"], None),
    ],
)
def test_the_platform_that_an_engine_would_take(wanted: str, there: list[str], chosen: str | None) -> None:
    held = Store()
    digests = {one: {"digest": digest_of(one.encode())} for one in there}
    index = json.loads(held.manifests[str(held.add_index(digests)["digest"])][0])
    if chosen is None:
        with pytest.raises(Failure, match=f"it has no image for {wanted}, only for "):
            choose_platform(index, wanted)
    else:
        assert choose_platform(index, wanted) == digests[chosen]["digest"]


@pytest.mark.parametrize("index", [{}, {"manifests": 5}, {"manifests": [5, {"platform": 5}, {"platform": {"os": 1}}]}])
def test_an_index_of_another_shape_has_no_platform(index: dict[str, object]) -> None:
    with pytest.raises(Failure, match="only for none"):
        choose_platform(index, "linux/amd64")


def test_a_login_is_used_and_not_carried_to_where_layers_are_kept() -> None:
    held = store()

    def elsewhere(request: Request) -> Reply:
        assert not request.authorization
        return held.answer(replace(request, path=request.path.replace("/data/", "/v2/team/app/blobs/")))

    with serving(elsewhere) as storage:

        def script(request: Request) -> Reply:
            if request.path.startswith("/token"):
                return as_json({"token": "secret"})
            if request.authorization != "Bearer secret":
                return challenge(f"http://{request.headers['host']}/token")
            if "/blobs/" in request.path:
                digest = request.path.rpartition("/")[2]
                return Reply(307, {"Location": f"http://{storage.host}/data/{digest}"})
            return held.answer(request)

        assert read(script).platforms["linux/amd64"].distribution == "debian"
        assert storage.asked(containing="/data/")


def test_no_login_is_said() -> None:
    with pytest.raises(Failure, match="nobody is logged in"):
        read(lambda request: Reply(403))


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_breaks_off_is_taken_up_again(ranges: bool) -> None:
    held = store(DEBIAN + bytes(300_000), packed=False)
    count = 0

    def script(request: Request) -> Reply:
        nonlocal count
        plain = request.headers if ranges else {k: v for k, v in request.headers.items() if k != "range"}
        reply = held.answer(replace(request, headers=plain))
        if "/blobs/" not in request.path or len(reply.body) < 10_000:
            return reply
        count += 1
        cut = 100_000 * count if not ranges else 100_000
        headers = {**reply.headers, "Content-Length": str(len(reply.body))}
        return replace(reply, headers=headers, body=reply.body[:cut], hang_up=True)

    assert read(script).platforms["linux/amd64"].distribution == "debian"
    assert count == 4 if ranges else count >= 4


def test_a_download_that_gets_nowhere_is_given_up() -> None:
    held = store()

    def script(request: Request) -> Reply:
        reply = held.answer(request)
        if "/blobs/" not in request.path or b'"config"' in reply.body:
            return reply
        return replace(reply, headers={"Content-Length": str(len(reply.body))}, body=b"", hang_up=True)

    with pytest.raises(Failure, match="ended too early"):
        read(script)


def test_a_busy_store_is_asked_again() -> None:
    held = store()
    seen: list[str] = []

    def script(request: Request) -> Reply:
        if "/blobs/" in request.path and seen.count(request.path) < 2:
            seen.append(request.path)
            return Reply(503)
        return held.answer(request)

    assert read(script).platforms["linux/amd64"].distribution == "debian"


@pytest.mark.parametrize("status", [404, 410, 418])
def test_a_layer_that_is_not_there(status: int) -> None:
    held = store()
    gone = {one["digest"] for one in json.loads(next(iter(held.manifests.values()))[0])["layers"]}

    def script(request: Request) -> Reply:
        return Reply(status) if request.path.rpartition("/")[2] in gone else held.answer(request)

    with pytest.raises(Failure, match=f"status {status}"):
        read(script)


@pytest.mark.parametrize("what", ["layer", "config", "manifest"])
def test_bytes_of_another_digest_are_refused(what: str) -> None:
    held = Store()
    digest = held.tag("team/app:1", held.add_image((layer("opt"),), packed=False))
    manifest = json.loads(held.manifests[digest][0])
    if what == "manifest":
        held.manifests[digest] = (held.manifests[digest][0] + b" ", "x")
        reference = f"team/app@{digest}"
    else:
        descriptor = manifest["config"] if what == "config" else manifest["layers"][0]
        other = json.dumps({"config": {}, "os": "lin__"}).encode() if what == "config" else layer("srv")
        data = held.blobs[descriptor["digest"]]
        held.blobs[descriptor["digest"]] = other[: len(data)].ljust(len(data))
        reference = "team/app:1"
    with pytest.raises(Failure, match="another digest"):
        read(held.answer, reference)


def test_a_layer_longer_or_shorter_than_the_manifest_says() -> None:
    for change, words in ((-1, "more than the manifest says"), (1, "ended too early")):
        held = Store()
        blob = held.add_blob(gzip.compress(layer("opt"), mtime=0))
        wrong = {**blob, "size": int(str(blob["size"])) + change}
        config = held.add_blob(b'{"config": {}}')
        held.tag("team/app:1", held.add_document({"schemaVersion": 2, "config": config, "layers": [wrong]}))
        with pytest.raises(Failure, match=words):
            read(held.answer)


def _huge_header() -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2 * 1024**3
    return info.tobuf() + bytes(BLOCK * 4)


def _negative() -> bytes:
    data = bytearray(layer("opt"))
    data[108:116] = b"\xff" * 8
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:BLOCK])
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (layer("opt")[:700] + b"x" * 324 + layer("srv"), "checksum"),
        (layer("a=" + "x" * 5000)[:2000], "cut off"),
        (gzip.compress(layer("a=" + "x" * 5000))[:60], "cut off"),
        (gzip.compress(b"no archive at all" * 100), "checksum"),
        (b"neither archive nor packed", "no archive"),
        (_huge_header(), "header of"),
        (_negative(), "negative"),
        (layer(Member("etc/passwd", hard="nothing")), "not there"),
        (layer("opt", Member("x", hard="opt")), "a directory"),
        (layer(".wh.="), "whiteout of no name"),
    ],
    # The names are the same in every process: archives have the time in them.
    ids=itertools.count(),
)
def test_layers_that_no_engine_would_unpack(data: bytes, words: str) -> None:
    with pytest.raises(Failure, match=words):
        read(store(data, packed=False).answer)


def test_every_cut_of_a_layer_is_noticed() -> None:
    whole = gzip.compress(layer("opt", "etc/passwd=root:x:0:0::/:/\n"), mtime=0)
    for end in range(4, len(whole), 7):
        with pytest.raises(Failure):
            read(store(whole[:end], packed=False).answer)


@pytest.mark.parametrize(
    "manifest",
    [
        b"no json",
        b"[]",
        b'{"schemaVersion": 1}',
        b'{"schemaVersion": 2}',
        b'{"schemaVersion": 2, "layers": []}',
        b'{"schemaVersion": 2, "layers": [5], "config": {}}',
        b'{"schemaVersion": 2, "layers": [], "config": {"digest": "sha256:../../../x", "size": 1}}',
        b'{"schemaVersion": 2, "layers": [], "config": {"digest": "md5:12", "size": 1}}',
        b'{"schemaVersion": 2, "layers": [], "config": {"digest": "sha256:%s", "size": -1}}' % (b"0" * 64),
        b'{"schemaVersion": 2, "manifests": [{"digest": "x y", "platform": {"os": "linux", "architecture": "amd64"}}]}',
        b"[" * 100_000,
        b" " * (4 * 1024 * 1024 + 1),
    ],
)
def test_manifests_that_are_none(manifest: bytes) -> None:
    asked: list[str] = []

    def script(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(headers={"Content-Type": INDEX}, body=manifest)

    with pytest.raises(Failure) as caught:
        read(script)
    assert caught.value.reason
    assert asked == ["/v2/team/app/manifests/1"]


def test_what_digests_references_have_now() -> None:
    held = store()
    with serving(held.answer) as registry:
        image, missing = f"{registry.host}/team/app:1", f"{registry.host}/team/app:2"
        found = reader().digests([image, missing, image, "NOT A REFERENCE"])
    assert found[image] == held.tags["team/app:1"]
    assert isinstance(found[missing], Failure)
    assert isinstance(found["NOT A REFERENCE"], Failure)
    assert not [one for one in registry.requests if "/blobs/" in one.path]


def test_the_end_of_the_time() -> None:
    held = store()

    def script(request: Request) -> Reply:
        return replace(held.answer(request), delay=5.0 if "/blobs/" in request.path else 0.0)

    with serving(script) as registry:
        begin = time.monotonic()
        (found,) = reader(seconds=0.5).facts({"x": Wanted(f"{registry.host}/team/app:1", AMD64)}).values()
    assert isinstance(found, Failure)
    assert time.monotonic() - begin < 4


def test_progress_is_told() -> None:
    held = store(layer("opt", "f=" + "x" * 200_000), packed=False)
    ticks: list[tuple[int, int]] = []

    def script(request: Request) -> Reply:
        slow = "/blobs/" in request.path and len(held.answer(request).body) > 10_000
        return replace(held.answer(request), delay=1.3 if slow else 0.0)

    with serving(script) as registry:
        found = reader(tick=lambda at: ticks.append((at.done, at.total))).facts(
            {"x": Wanted(f"{registry.host}/team/app:1", AMD64)}
        )
    assert isinstance(found["x"], BaseFacts)
    assert ticks and all(total > 200_000 for _, total in ticks[-1:])


def test_a_sparse_file_is_refused_rather_than_misread() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("f")
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
        archive.addfile(info)
    with pytest.raises(Failure, match="sparse"):
        read(store(out.getvalue(), packed=False).answer)
