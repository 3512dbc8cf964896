"""Image archives: every form that engines write, and those that somebody damaged."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from bakegen.compare import Image, Shared, read_image
from bakegen.compare.archive import NO_ZSTD
from bakegen.errors import InputError
from tests.unit.compare.archives import (
    Member,
    archive,
    blobs_of,
    described,
    digest,
    layer,
    packed_up,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYERS = [
    layer(Member("a", data=b"1"), Member("d", "directory")),
    layer(Member("d/b", data=bytes(3_000_000)), Member(".wh.a")),
]


class Pipe(io.RawIOBase):
    """Gives a few bytes at a time and cannot seek."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        assert isinstance(buffer, memoryview)
        piece = self._data.read(min(self._size, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


def read(data: bytes, platform: str | None = None) -> Image:
    return read_image(io.BytesIO(data), platform)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("size", [1 << 20, 1000])
def test_an_archive_from_a_pipe(packed: bool, size: int) -> None:
    found = read_image(io.BufferedReader(Pipe(archive(LAYERS, {"Cmd": ["a"]}, packed=packed), size)))
    assert list(found.files) == ["/d", "/d/b"]
    assert found.config == {"Cmd": ("a",), "architecture": "amd64", "os": "linux"}
    assert (found.platform, found.size, len(found.layers)) == ("linux/amd64", 3_000_000, 2)


def test_a_file_and_a_folder_are_the_same(tmp_path: Path) -> None:
    data = archive(LAYERS, packed=True)
    (tmp_path / "image.tar").write_bytes(data)
    unpack(data, tmp_path / "layout")
    assert read_image(tmp_path / "image.tar") == read_image(tmp_path / "layout") == read(data)


def test_layers_packed_in_several_members_and_padded() -> None:
    packed = gzip.compress(LAYERS[0][:700]) + gzip.compress(LAYERS[0][700:]) + bytes(10)
    manifest, blobs = blobs_of([packed])
    assert list(read(packed_up([described(manifest)], blobs)).files) == ["/a", "/d"]


def test_zstd_is_read_or_named() -> None:
    zstandard = pytest.importorskip("zstandard")
    manifest, blobs = blobs_of([zstandard.compress(one) for one in LAYERS])
    assert list(read(packed_up([described(manifest)], blobs)).files) == ["/d", "/d/b"]


def test_zstd_without_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    manifest, blobs = blobs_of([b"\x28\xb5\x2f\xfd" + bytes(50)])
    with pytest.raises(InputError, match="zstd") as caught:
        read(packed_up([described(manifest)], blobs))
    assert caught.value.diagnostics[0].code == NO_ZSTD


def test_shared_layers_are_read_once() -> None:
    shared = Shared()
    first = read_image(io.BytesIO(archive(LAYERS)), shared=shared)
    before = dict(shared.layers)
    second = read_image(io.BytesIO(archive([*LAYERS, layer(Member("c"))])), shared=shared)
    assert all(shared.layers[name] is one for name, one in before.items())
    assert list(second.files) == ["/c", *first.files]


def several() -> bytes:
    blobs: dict[str, bytes] = {}
    manifests = []
    for architecture, variant in (("amd64", None), ("arm64", "v8"), ("arm", "v7")):
        manifest, its = blobs_of([layer(Member(architecture))], architecture=architecture, variant=variant)
        blobs |= its
        manifests.append(described(manifest))
    statement, its = blobs_of([b"{}"], architecture="unknown", os="unknown")
    blobs |= its
    manifests.append(described(statement, annotations={"vnd.docker.reference.type": "attestation-manifest"}))
    inner = json.dumps({"manifests": [*manifests, {"digest": "sha256:" + "0" * 64}]}).encode()
    return packed_up([described(inner)], {**blobs, digest(inner): inner})


@pytest.mark.parametrize(
    ("platform", "file"),
    [("linux/amd64", "/amd64"), ("linux/x86_64", "/amd64"), ("linux/arm64", "/arm64"), ("linux/arm", "/arm")],
)
def test_a_platform_of_several(platform: str, file: str) -> None:
    assert list(read(several(), platform).files) == [file]


@pytest.mark.parametrize("platform", [None, "linux/s390x"])
def test_no_platform_of_several(platform: str | None) -> None:
    with pytest.raises(InputError, match="linux/amd64, linux/arm/v7, linux/arm64"):
        read(several(), platform)


def damaged() -> Iterator[tuple[str, bytes]]:
    whole = archive(LAYERS)
    manifest, blobs = blobs_of(LAYERS)
    at = whole.index(b"\0" * 2000)
    yield "another digest", whole[:at] + b"\1" + whole[at + 1 :]
    yield "cut off", whole[: len(whole) // 2]
    yield "no index.json", layer(Member("manifest.json", data=b"[]"))
    yield "no index.json", b""
    yield "checksum", b"not a tar archive" * 100
    yield "cut off", b"x"
    yield "missing", packed_up([described(manifest)], {digest(manifest): manifest})
    without = {name: data for name, data in blobs.items() if name != digest(LAYERS[0])}
    yield "missing", packed_up([described(manifest)], without)
    yield "no images|0 images", packed_up([], blobs)
    yield "no digest", packed_up([{"size": 1}], blobs)
    yield "unknown kind", packed_up([described(manifest)], {**blobs, "md5:00": b""})
    yield "no JSON", packed_up([described(b"[]")], {digest(b"[]"): b"[]"})
    yield "no JSON", packed_up([described(b"{nope")], {digest(b"{nope"): b"{nope"})
    cut = LAYERS[0][:700]
    yield "cut off", packed_up([described(blobs_of([cut])[0])], blobs_of([cut])[1])
    packed = gzip.compress(LAYERS[0])[:-20]
    yield "cut off|badly packed", packed_up([described(blobs_of([packed])[0])], blobs_of([packed])[1])
    packed = b"\x1f\x8b" + bytes(30)
    yield "badly packed", packed_up([described(blobs_of([packed])[0])], blobs_of([packed])[1])
    text = b"just text"
    yield "something else", packed_up([described(blobs_of([text])[0])], blobs_of([text])[1])
    lost = layer(Member("b", "link", target="a"))
    yield "leads to", packed_up([described(blobs_of([lost])[0])], blobs_of([lost])[1])


@pytest.mark.parametrize(("why", "data"), list(damaged()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_damaged_archive_is_an_input_error(why: str, data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=why):
        read(data)
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"image\.tar.*({why})"):
        read_image(path)


def test_a_damaged_folder(tmp_path: Path) -> None:
    folder = unpack(archive(LAYERS), tmp_path)
    blob = folder / "blobs" / digest(LAYERS[0]).replace(":", "/")
    blob.write_bytes(LAYERS[1])
    with pytest.raises(InputError, match="another digest"):
        read_image(folder)
    blob.unlink()
    with pytest.raises(InputError, match="missing"):
        read_image(folder)
    (folder / "oci-layout").unlink()
    with pytest.raises(InputError, match="oci-layout"):
        read_image(folder)


def test_a_digest_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    folder = unpack(archive(LAYERS), tmp_path / "layout")
    (tmp_path / "secret").write_text("{}")
    manifests = [{"digest": "sha256:../../../secret", "size": 2}]
    (folder / "index.json").write_text(json.dumps({"manifests": manifests}))
    with pytest.raises(InputError, match="missing"):
        read_image(folder)


def test_memory_does_not_grow_with_files(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "big.tar"
    path.write_bytes(archive([layer(Member("big", data=bytes(64 * 1024 * 1024)))], packed=True))
    tracemalloc.start()
    try:
        assert read_image(path).size == 64 * 1024 * 1024
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_the_standard_library_reads_what_we_test_with() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(LAYERS))) as found:
        assert "index.json" in found.getnames()
