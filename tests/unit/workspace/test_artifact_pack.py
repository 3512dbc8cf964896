"""What is packed comes out again, the same bytes every time; what is no artifact is refused and harms nothing."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tarfile
import tempfile
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.compare.tar import Damaged
from bakegen.errors import EngineError
from bakegen.workspace import artifact_layout
from bakegen.workspace.artifact_layout import chosen, entries_of_folder, in_parts
from bakegen.workspace.artifact_pack import Packed, pack, plain_digests
from bakegen.workspace.artifact_unpack import Unpacking
from bakegen.workspace.together import together

Tree = dict[str, tuple[str, int, bytes]]
"""Path -> kind (`f`, `d`, `l`, `h`), rights, content or target."""

_PARTS = st.sampled_from(["a", "b", "ü", "x.o", "with space", "\udc80", "n" * 120])
_PATHS = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)
_MODES = st.sampled_from([0o400, 0o644, 0o755, 0o700, 0o000, 0o4755])
_NODES = st.one_of(
    st.tuples(st.just("f"), _MODES, st.binary(max_size=1500)),
    st.tuples(st.just("d"), st.sampled_from([0o755, 0o500, 0o700]), st.just(b"")),
    st.tuples(st.just("l"), st.just(0o777), st.sampled_from([b"a", b"../x", b"/etc/passwd", b"n" * 150])),
)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A tree that can be: what holds something is a folder; some files have a second name."""
    drawn = draw(st.dictionaries(_PATHS, _NODES, min_size=1, max_size=12))
    found: Tree = {}
    for path, node in drawn.items():
        ups = ["/".join(path.split("/")[:end]) for end in range(1, path.count("/") + 1)]
        if path in found or any(found.get(up, ("d",))[0] != "d" for up in ups):
            continue
        for up in ups:
            found.setdefault(up, ("d", 0o755, b""))
        found[path] = node
    files = [path for path, node in found.items() if node[0] == "f"]
    if draw(st.booleans()) and files:
        first = draw(st.sampled_from(sorted(files)))
        found[f"{first}-again"] = ("h", found[first][1], os.fsencode(first))
    found.setdefault("always", ("f", 0o644, b"there"))
    return found


def exported(tree: Tree, path: Path, *, reverse: bool = False, mtime: int = 0) -> Path:
    """A tar archive as an engine exports it, hard links after their files."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        names = sorted(tree, key=lambda name: (tree[name][0] == "h", name), reverse=False)
        if reverse:
            names.sort(key=lambda name: tree[name][0] == "h" or -len(name))
        for name in names:
            kind, mode, content = tree[name]
            member = tarfile.TarInfo(name)
            member.mode, member.mtime, member.uid = mode, mtime, 12
            member.uname = f"user{mtime}"
            member.type = {"f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE}[kind]
            if kind in "lh":
                member.linkname = os.fsdecode(content)
            member.size = len(content) if kind == "f" else 0
            archive.addfile(member, io.BytesIO(content) if kind == "f" else None)
    return path


def found_in(folder: Path) -> Tree:
    """The tree below a folder; files by their content, whatever their names share."""
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        name, mode = str(path.relative_to(folder)), stat.S_IMODE(facts.st_mode)
        if path.is_symlink():
            found[name] = ("l", 0o777, os.fsencode(path.readlink()))
        elif path.is_dir():
            found[name] = ("d", mode, b"")
        else:
            path.chmod(0o600)
            found[name] = ("f", mode, path.read_bytes())
            path.chmod(mode)
    return found


def as_unpacked(tree: Tree) -> Tree:
    """What a tree comes out as: hard links are files, rights without set-user-id."""
    return {
        name: ("f", tree[os.fsdecode(content)][1] & 0o777, tree[os.fsdecode(content)][2])
        if kind == "h"
        else (kind, mode & 0o777, content)
        for name, (kind, mode, content) in tree.items()
    }


def unpacked(packed: Packed, folder: Path) -> Tree:
    unpack(packed, folder)
    return found_in(folder)


def unpack(packed: Packed, folder: Path) -> int:
    """Unpacks all parts in turn."""
    folder.mkdir()
    unpacking = Unpacking(folder)
    for part in packed.parts:
        with part.path.open("rb") as file:
            unpacking.part(file.read)
    return unpacking.finish()


def packed_in(source: Path, folder: Path, left_out: str = "", *, times: bool = False) -> Packed:
    """Packs at the fastest level into a new folder."""
    folder.mkdir()
    return pack(source, lambda name: name != left_out, folder, 1, times=times)


@pytest.mark.skipif(os.geteuid() != 0, reason="folders without rights are read here")
@given(trees())
def test_any_tree_comes_out_as_it_was(tree: Tree) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        first = packed_in(exported(tree, folder / "a.tar"), folder / "a")
        other = exported(tree, folder / "b.tar", reverse=True, mtime=77)
        second = packed_in(other, folder / "b")
        assert [part.digest for part in first.parts] == [part.digest for part in second.parts]
        assert unpacked(first, folder / "out") == as_unpacked(tree)
        again = in_parts(chosen(entries_of_folder(folder / "out", times=False), lambda name: True))
        assert plain_digests(again) == [part.plain_digest for part in first.parts]


def _pack(tree: Tree, folder: Path, left_out: str = "") -> Packed:
    source = exported(tree, folder / "source.tar")
    return packed_in(source, Path(tempfile.mkdtemp(dir=folder), "packed"), left_out)


def test_a_hard_link_whose_file_is_left_out_is_a_file(tmp_path: Path) -> None:
    tree: Tree = {"a": ("f", 0o600, b"bytes"), "b": ("h", 0o600, b"a"), "c": ("h", 0o600, b"a")}
    packed = _pack(tree, tmp_path, "a")
    assert unpacked(packed, tmp_path / "out") == {"b": ("f", 0o600, b"bytes"), "c": ("f", 0o600, b"bytes")}


def test_nothing_and_devices_are_no_artifact(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="take no file"):
        _pack({"a": ("f", 0o600, b"")}, tmp_path, "a")
    with tarfile.open(tmp_path / "device.tar", "w") as archive:
        member = tarfile.TarInfo("null")
        member.type = tarfile.CHRTYPE
        archive.addfile(member)
    with pytest.raises(EngineError, match="no file, folder or link"):
        pack(tmp_path / "device.tar", lambda name: True, tmp_path, 3)
    (tmp_path / "cut.tar").write_bytes((tmp_path / "device.tar").read_bytes()[:700])


def test_times_are_kept_and_do_not_count_as_content(tmp_path: Path) -> None:
    tree: Tree = {"a": ("d", 0o755, b""), "a/b": ("f", 0o600, b"bytes"), "l": ("l", 0o777, b"a")}
    sources = [exported(tree, tmp_path / f"{moment}.tar", mtime=moment) for moment in (1_000_000_000, 1_200_000_000)]
    first, second = (packed_in(source, tmp_path / f"{source.stem}.packed", times=True) for source in sources)
    assert first.parts[0].digest != second.parts[0].digest
    assert first.content == second.content != ""
    unpack(first, tmp_path / "out")
    assert {path.lstat().st_mtime for path in (tmp_path / "out").rglob("*")} == {1_000_000_000}
    changed = packed_in(exported({**tree, "c": ("f", 0o600, b"")}, tmp_path / "c.tar"), tmp_path / "c", times=True)
    assert changed.content != first.content


def test_without_times_nothing_is_newer_than_anything_else(tmp_path: Path) -> None:
    tree: Tree = {f"{name}/x": ("f", 0o600, b"bytes") for name in "abc"} | {"l": ("l", 0o777, b"a")}
    packed = _pack(dict.fromkeys("abc", ("d", 493, b"")) | tree, tmp_path)
    before = time.time_ns()
    unpack(packed, tmp_path / "out")
    moments = {path.lstat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert len(moments) == 1
    assert before <= max(moments) <= time.time_ns()


def test_holes_stay_holes_and_names_of_one_file_stay_that(tmp_path: Path) -> None:
    content = b"begin" + bytes(3_000_000) + b"middle" + bytes(5_000_000)
    tree: Tree = {"a": ("f", 0o600, content), "a-again": ("h", 0o600, b"a"), "z": ("f", 0o600, bytes(1_000_000))}
    out = tmp_path / "out"
    assert unpacked(_pack(tree, tmp_path), out) == as_unpacked(tree)
    assert (out / "a").stat().st_blocks * 512 < 1_000_000
    assert (out / "z").stat().st_size == 1_000_000
    assert (out / "a").samefile(out / "a-again")


def test_a_large_tree_is_in_parts_that_fit_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(artifact_layout, "PART", 1000)
    tree: Tree = {"a": ("d", 0o500, b""), "a/b": ("d", 0o755, b""), "empty": ("d", 0o700, b"")}
    tree |= {f"a/b/{number}": ("f", 0o640, os.urandom(600)) for number in range(9)}
    # Its file is in the first part.
    tree["z"] = ("h", 0o640, b"a/b/0")
    packed = _pack(tree, tmp_path)
    assert len(packed.parts) == 5
    assert packed.entries == len(tree)
    works = [partial(_unpack_part, part.path) for part in packed.parts]
    out = tmp_path / "out"
    out.mkdir()
    unpacking = Unpacking(out)
    together([partial(work, unpacking) for work in reversed(works)], 4, lambda: None)
    assert unpacking.finish() == len(tree)
    assert found_in(out) == as_unpacked(tree)
    assert (out / "z").samefile(out / "a/b/0")


def _unpack_part(path: Path, unpacking: Unpacking) -> None:
    with path.open("rb") as file:
        unpacking.part(file.read)


def test_a_part_writes_through_no_link_of_another(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    unpacking = Unpacking(folder)
    unpacking.part(io.BytesIO(hostile(("a", _LINK, "../out"), ("b", _FILE, ""))).read)
    for members in ([("a/x", _FILE, "")], [("a", _FOLDER, "")], [("b", _FILE, "")], [("c", _HARD, "b")]):
        with pytest.raises(Damaged):
            unpacking.part(io.BytesIO(hostile(*members)).read)
    assert not list((tmp_path / "out").iterdir())


def test_how_many_processors_there_are_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tree: Tree = {"a": ("f", 0o600, bytes(range(256)) * 40_000), "b": ("f", 0o600, os.urandom(3_000_000))}
    digests = set()
    for count in (1, 2, 7):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        digests.add(tuple(part.digest for part in _pack(tree, tmp_path).parts))
    assert len(digests) == 1


def hostile(*members: tuple[str, bytes, str]) -> bytes:
    """A tar archive of name, type and target, which no careful program writes."""
    out = bytearray()
    for name, kind, target in members:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, target, 3 if kind == tarfile.REGTYPE else 0
        out += member.tobuf(tarfile.USTAR_FORMAT)
        out += b"bad".ljust(512, b"\0") if member.size else b""
    return bytes(out) + bytes(1024)


_FILE, _LINK, _HARD, _FOLDER = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([("../out-of-it", _FILE, "")], id="above"),
        pytest.param([("a/../../out-of-it", _FILE, "")], id="above by a detour"),
        pytest.param([("/tmp/out-of-it", _FILE, "")], id="absolute"),
        pytest.param([("a//b", _FILE, "")], id="an empty part"),
        pytest.param([("../out-of-it", _LINK, "x")], id="a link above"),
        pytest.param([("..", _FOLDER, "")], id="a folder above"),
        pytest.param([("a", _LINK, "../out"), ("a/b", _FILE, "")], id="through a link"),
        pytest.param([("a", _LINK, "../out"), ("a", _FILE, "")], id="over a link"),
        pytest.param([("a", _LINK, "../out"), ("a", _FOLDER, "")], id="a folder over a link"),
        pytest.param([("a", _FILE, ""), ("a", _FILE, "")], id="twice"),
        pytest.param([("a", _FILE, ""), ("a/b", _FILE, "")], id="in a file"),
        pytest.param([("a", _FOLDER, ""), ("a", _FILE, "")], id="a file over a folder"),
        pytest.param([("a", _FOLDER, ""), ("a", _FOLDER, "")], id="a folder twice"),
        pytest.param([("a", _HARD, "../out/secret")], id="a hard link above"),
        pytest.param([("a", _HARD, "/etc/passwd")], id="a hard link away"),
        pytest.param([("l", _LINK, "../out/secret"), ("a", _HARD, "l")], id="a hard link to a link"),
        pytest.param([("l", _LINK, "../out"), ("a", _HARD, "l/secret")], id="a hard link through a link"),
        pytest.param([("a", _HARD, "b"), ("b", _FILE, "")], id="a hard link to what comes later"),
        pytest.param([("a", tarfile.CHRTYPE, "")], id="a device"),
        pytest.param([("a", tarfile.FIFOTYPE, "")], id="a pipe"),
    ],
)
def test_hostile_archives_are_refused(tmp_path: Path, members: list[tuple[str, bytes, str]]) -> None:
    outside = tmp_path / "out"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(Damaged):
        Unpacking(folder).part(io.BytesIO(hostile(*members)).read)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "out"]
    assert [path.read_text() for path in outside.iterdir()] == ["secret"]
    assert not Path("/tmp/out-of-it").exists()


@given(st.data())
def test_a_damaged_archive_never_leaves_its_folder(data: st.DataObject) -> None:
    whole = bytearray(hostile(("a", _FOLDER, ""), ("a/b", _FILE, ""), ("l", _LINK, "a"), ("h", _HARD, "a/b")))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "folder"
        folder.mkdir()
        with contextlib.suppress(Damaged, OSError):
            Unpacking(folder).part(io.BytesIO(bytes(whole[:cut])).read)
        assert [path.name for path in Path(place).iterdir()] == ["folder"]
