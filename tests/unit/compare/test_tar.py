"""The tar reader against archives of the standard library, and against damaged ones."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.compare.tar import Damaged, Header, Members, Stream
from tests.unit.compare.archives import TYPES, Member, layer


def read(data: bytes) -> list[tuple[Header, bytes]]:
    members = Members(Stream(io.BytesIO(data).read))
    found = []
    while (header := members.next()) is not None:
        found.append((header, b"".join(members.read(header))))
    return found


NAME = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=60).filter(
    lambda name: name not in (".", "..")
)
PATH = st.lists(NAME, min_size=1, max_size=6).map("/".join)


@st.composite
def members(draw: st.DrawFn) -> Member:
    type = draw(st.sampled_from(sorted(TYPES)))
    return Member(
        draw(PATH),
        type,
        data=draw(st.binary(max_size=1100)) if type == "file" else b"",
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(st.sampled_from([0, 1000, 0o7777777, 0o10000000, 2**31])),
        gid=draw(st.sampled_from([0, 33, 2**32 - 2])),
        target=draw(PATH) if type in ("link", "symlink") else "",
        device=(draw(st.integers(0, 4000)), draw(st.integers(0, 100000))) if type in ("block", "character") else (0, 0),
        xattrs=draw(
            st.dictionaries(st.sampled_from(["user.a", "security.capability"]), st.text(max_size=9), max_size=2)
        ),
    )


@given(st.lists(members(), max_size=5), st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
def test_reads_what_the_standard_library_writes(wanted: list[Member], format: int) -> None:
    found = read(layer(*wanted, format=format))
    assert len(found) == len(wanted)
    for (header, data), member in zip(found, wanted, strict=True):
        assert header.name.rstrip("/") == member.name.rstrip("/")
        assert TYPES[member.type] == header.type.encode()
        assert (header.mode, header.uid, header.gid) == (member.mode, member.uid, member.gid)
        assert header.target == member.target
        assert header.device == member.device
        assert data == member.data
        if format == tarfile.PAX_FORMAT:
            values = {name: value.encode() for name, value in member.xattrs.items()}
            assert header.xattrs == values


def test_ustar_splits_long_names() -> None:
    name = "a" * 90 + "/" + "b" * 90
    assert read(layer(Member(name, data=b"x"), format=tarfile.USTAR_FORMAT))[0][0].name == name


def test_bytes_of_attributes_that_are_no_text_are_kept() -> None:
    value = bytes(range(1, 256)) + b"\n=\0"
    record = b"SCHILY.xattr.security.capability=" + value + b"\n"
    size = len(record) + 4
    record = b"%d " % size + record
    assert len(record) == size
    plain = layer(Member("f"))
    head = bytearray(layer(Member("pax", data=record)))
    head[156] = ord("x")
    head[148:156] = b"%06o\0 " % (sum(head[:148]) + sum(head[156:512]) + 8 * 32)
    (found,) = read(bytes(head[: 512 + 512]) + plain)
    assert found[0].xattrs == {"security.capability": value}


@given(st.integers(1, 100_000))
def test_a_cut_never_passes_for_the_whole(at: int) -> None:
    whole = layer(Member("a", data=b"1" * 700), Member("b/" * 80 + "c", data=b"2"), Member("last", "directory"))
    names = [header.name for header, _ in read(whole)]
    cut = whole[: at % (whole.rindex(b"last/\0") + 512)]
    try:
        found = read(cut)
    except Damaged:
        return
    # Between two members nobody can tell, which is why layers have digests.
    assert len(cut) % 512 == 0
    assert [header.name for header, _ in found] == names[: len(found)]
    assert len(found) < len(names)


@pytest.mark.parametrize(
    ("at", "value", "why"),
    [
        (0, b"x", "checksum"),
        (148, b"zzz", "checksum"),
        (257, b"wrong", "checksum"),
    ],
)
def test_a_damaged_header(at: int, value: bytes, why: str) -> None:
    data = bytearray(layer(Member("a", data=b"1"), Member("b", data=b"2")))
    data[1024 + at : 1024 + at + len(value)] = value
    with pytest.raises(Damaged, match=why):
        read(bytes(data))


def _with_field(at: int, value: bytes) -> bytes:
    """An archive of one file, with a field of its header changed and the checksum put right."""
    data = bytearray(layer(Member("a", data=b"1")))
    data[at : at + len(value)] = value
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + sum(data[156:512]) + 8 * 32)
    return bytes(data)


@pytest.mark.parametrize(
    ("at", "value", "why"),
    [
        (156, b"S", "unknown type"),
        (156, b"V", "unknown type"),
        (124, b"\xff" * 12, "negative"),
        (124, b"\x80" + b"\xff" * 11, "cut off"),
        (124, b"88888888888", "number"),
        (156, b"x", "pax"),
    ],
)
def test_hostile_fields(at: int, value: bytes, why: str) -> None:
    with pytest.raises(Damaged, match=why):
        read(_with_field(at, value))


def test_a_long_name_of_gigabytes_is_refused() -> None:
    data = bytearray(_with_field(156, b"L"))
    data[124:136] = b"77777777777\0"
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + sum(data[156:512]) + 8 * 32)
    with pytest.raises(Damaged, match="header of"):
        read(bytes(data))


def test_a_sparse_file_is_refused() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.pax_headers = {"GNU.sparse.major": "1"}
        archive.addfile(info)
    with pytest.raises(Damaged, match="sparse"):
        read(out.getvalue())


def test_a_global_header_says_nothing() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "hi"}) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    assert [header.name for header, _ in read(out.getvalue())] == ["a"]
