"""What ADD would unpack, and add-to-copy beyond its examples."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.rewrites.archives import may_be_archive
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import evidence


def tar(name: str, form: int) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo(name))
    return data.getvalue()


@given(st.text(min_size=1, max_size=20).filter(lambda one: "\0" not in one), st.sampled_from((0, 1, 2)))
def test_every_archive_is_seen(name: str, form: int) -> None:
    data = tar(name, form)
    assert may_be_archive(data[:512])
    for packed in (gzip.compress(data), bz2.compress(data), lzma.compress(data)):
        assert may_be_archive(packed[:512])


@pytest.mark.parametrize("first", [b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in (0, 7, 15))])
def test_zstd_with_skippable_frames(first: bytes) -> None:
    assert may_be_archive(first + bytes(20))


@given(st.binary(max_size=511))
def test_what_is_shorter_than_a_header_is_an_archive_only_when_packed(data: bytes) -> None:
    assert may_be_archive(data) == (
        data.startswith((b"BZh", b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"))
        or (data[1:4] == b"\x2a\x4d\x18" and 0x50 <= data[0] <= 0x5F)
    )


@given(st.integers(0, 511), st.integers(1, 255))
def test_a_header_with_one_other_byte_is_none(place: int, other: int) -> None:
    data = bytearray(tar("name", tarfile.USTAR_FORMAT)[:512])
    if 148 <= place < 156 or (data[place] ^ other in (0x20,) and data[place] in (0,)):
        return
    data[place] ^= other
    assert not may_be_archive(bytes(data))


def text_after(text: str, files: dict[str, str], level: str = "proved") -> str:
    return rewrite(
        Source("Dockerfile", text), evidence(files), level=level, only=("add-to-copy",), strict=True
    ).source.text


@pytest.mark.parametrize(
    "line",
    [
        "ADD --chown=1:1 --chmod=600 --link --exclude=*.md a b/ /x/",
        "ADD <<EOF /x\ntext\nEOF",
        "Add a /x",
        "ADD nothing* a /x/",
    ],
)
def test_forms(line: str) -> None:
    text = f"FROM scratch\n{line}\n"
    assert text_after(text, {"a": "", "b/c": ""}) in (text.replace("ADD", "COPY"), text.replace("Add", "COPY"), text)


@pytest.mark.parametrize("line", ["ADD --unpack=false a /x", "ADD missing /x", "ONBUILD ADD a /x", "ADD ssh://h/x /x"])
def test_left_alone(line: str) -> None:
    text = f"FROM scratch\n{line}\n"
    assert text_after(text, {"a": ""}, "assumed") == text
