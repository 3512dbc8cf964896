"""Layers laid over each other: the image specification's rules, hostile layers, and any tree in any split."""

from __future__ import annotations

import io
import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.compare.flatten import flatten
from bakegen.compare.layer import Keeper, read_layer
from bakegen.compare.model import Entry, Kind
from bakegen.compare.tar import Damaged, Stream
from tests.unit.compare.archives import Member, layer


def flat(*layers: tuple[Member, ...]) -> dict[str, Entry]:
    return flatten(read_layer(Stream(io.BytesIO(layer(*one)).read), Keeper()) for one in layers)


def folder(name: str, mode: int = 0o755) -> Member:
    return Member(name, "directory", mode=mode)


def test_kinds_and_all_they_have() -> None:
    found = flat(
        (
            folder("./"),
            folder("./d/", 0o1777),
            Member("d/f", data=b"hi\n", mode=0o4755, uid=7, gid=8, xattrs={"user.b": "2", "user.a": "1"}),
            Member("d/s", "symlink", target="../f", mode=0o644),
            Member("c", "character", device=(1, 3)),
            Member("b", "block", device=(8, 0)),
            Member("p", "fifo"),
        )
    )
    assert list(found) == ["/b", "/c", "/d", "/d/f", "/d/s", "/p"]
    assert found["/d"] == Entry(Kind.DIRECTORY, 0o1777)
    file = found["/d/f"]
    assert (file.kind, file.mode, file.uid, file.gid, file.size) == (Kind.FILE, 0o4755, 7, 8, 3)
    assert file.xattrs == (("user.a", b"1"), ("user.b", b"2"))
    assert file.text == b"hi\n"
    assert found["/d/s"] == Entry(Kind.SYMLINK, 0o777, target="../f")
    assert found["/c"].device == (1, 3)
    assert found["/b"].kind is Kind.BLOCK_DEVICE
    assert found["/p"].kind is Kind.FIFO


def test_a_whiteout_hides_what_is_below_only() -> None:
    below = (folder("d"), Member("d/a"), Member("d/b"), Member("e"))
    assert list(flat(below, (Member("d/.wh.a"), Member(".wh.e")))) == ["/d", "/d/b"]
    # Whatever the order, and whatever comes with it in the same layer.
    for upper in ((Member("d/a", data=b"new"), Member("d/.wh.a")), (Member("d/.wh.a"), Member("d/a", data=b"new"))):
        assert flat(below, upper)["/d/a"].size == 3
    assert list(flat(below, (Member(".wh.d"), folder("d"), Member("d/n")))) == ["/d", "/d/n", "/e"]
    assert list(flat(below, (Member("nothing/.wh.x"),))) == ["/d", "/d/a", "/d/b", "/e"]


def test_an_opaque_directory_hides_what_was_in_it() -> None:
    below = (folder("d", 0o700), folder("d/sub"), Member("d/sub/a"), Member("d/b"))
    found = flat(below, (Member("d/new"), Member("d/.wh..wh..opq")))
    assert list(found) == ["/d", "/d/new"]
    assert found["/d"].mode == 0o700
    assert list(flat((Member("a"),), (Member(".wh..wh..opq"), Member("b")))) == ["/b"]


def test_what_aufs_left_behind_is_nothing() -> None:
    assert flat((folder(".wh..wh.plnk"), Member(".wh..wh.aufs"), Member("a"))).keys() == {"/a"}


def test_a_directory_upon_a_directory_keeps_what_is_in_it() -> None:
    found = flat((folder("d"), Member("d/a")), (folder("d", 0o700),))
    assert (list(found), found["/d"].mode) == (["/d", "/d/a"], 0o700)


@pytest.mark.parametrize(("lower", "upper"), [("directory", "file"), ("file", "directory"), ("symlink", "directory")])
def test_another_kind_takes_the_place(lower: str, upper: str) -> None:
    inside = (Member("x/a"),) if lower == "directory" else ()
    found = flat((Member("x", lower, target="y"), *inside), (Member("x", upper),))
    assert list(found) == ["/x"]
    assert found["/x"].kind == upper


def test_missing_parents_are_made() -> None:
    found = flat((Member("a/b/c"),))
    assert found["/a/b"] == Entry(Kind.DIRECTORY, 0o755)


def test_a_link_below_becomes_a_directory_and_one_beside_is_followed() -> None:
    found = flat((folder("opt"), Member("l", "symlink", target="/opt")), (Member("l/f"),))
    assert (found["/l"].kind, list(found)) == (Kind.DIRECTORY, ["/l", "/l/f", "/opt"])
    found = flat((Member("l", "symlink", target="../opt/."), Member("l/f")))
    assert list(found) == ["/l", "/opt", "/opt/f"]
    with pytest.raises(Damaged, match="circle"):
        flat((Member("l", "symlink", target="l"), Member("l/f")))


def test_hard_links_are_groups() -> None:
    found = flat(
        (folder("d"), Member("d/a", data=b"x"), Member("b", "link", target="d/a"), Member("c", "link", target="/b")),
    )
    assert found["/b"].links == ("/b", "/c", "/d/a")
    assert found["/b"] == found["/d/a"]
    # A layer that writes one name anew takes it out of the group; the last one is alone.
    found = flat(
        (Member("a", data=b"x"), Member("b", "link", target="a"), Member("c", "link", target="a")),
        (Member("a", data=b"y"),),
    )
    assert (found["/a"].links, found["/b"].links) == ((), ("/b", "/c"))
    assert flat((Member("a"), Member("b", "link", target="a")), (Member(".wh.a"),))["/b"].links == ()
    # To a lower layer's file, and the owner of the link counts, as for containerd.
    found = flat((Member("a"),), (Member("b", "link", target="a", uid=5, mode=0o600),))
    assert (found["/a"].links, found["/a"].uid, found["/a"].mode) == (("/a", "/b"), 5, 0o600)


@pytest.mark.parametrize(
    "layers",
    [
        ((Member("b", "link", target="a"),),),
        ((Member("a"),), (Member(".wh.a"), Member("b", "link", target="a"))),
        ((folder("a"), Member("b", "link", target="a")),),
        ((Member("b", "link", target="../.."),),),
    ],
)
def test_hard_links_to_nothing(layers: tuple[tuple[Member, ...], ...]) -> None:
    with pytest.raises(Damaged, match="leads to"):
        flat(*layers)


def test_names_cannot_leave_the_root() -> None:
    found = flat((Member("../../etc/passwd"), Member("/abs"), Member("a/../b"), Member("./././c")))
    assert list(found) == ["/abs", "/b", "/c", "/etc", "/etc/passwd"]
    with pytest.raises(Damaged, match="no name"):
        flat((Member("d/.wh.."),))
    with pytest.raises(Damaged, match="path"):
        flat((Member("a" * 20_000),))


def test_of_two_members_of_one_name_the_last_counts() -> None:
    assert flat((Member("a", data=b"1"), Member("a", data=b"22")))["/a"].size == 2


NAMES = st.sampled_from(["a", "b", "c", "d e", "ü", ".wh", "-"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Member]:
    """Any tree: path -> what is there, directories with all their parents."""
    tree: dict[str, Member] = {}
    for path in draw(st.lists(PATHS, max_size=8, unique=True)):
        parents = [parent for parent in _parents(path) if parent != "/"]
        if any(tree[parent].type != "directory" for parent in parents if parent in tree) or path in tree:
            continue
        for parent in parents:
            tree.setdefault(parent, Member(parent[1:], "directory", mode=draw(st.sampled_from([0o755, 0o700]))))
        type = draw(st.sampled_from(["file", "directory", "symlink"]))
        data = draw(st.binary(max_size=3)) if type == "file" else b""
        tree[path] = Member(path[1:], type, data, target="a" if type == "symlink" else "", uid=draw(st.integers(0, 2)))
    return tree


def _parents(path: str) -> list[str]:
    found = []
    while path != "/":
        path = posixpath.dirname(path)
        found.append(path)
    return found[::-1]


def _changes(old: dict[str, Member], new: dict[str, Member], opaque: bool) -> list[Member]:
    """The layer that turns `old` into `new`, as a differ writes it; with opaque directories, or whiteouts only."""
    found = []
    emptied: list[str] = []
    for path in sorted(new, key=lambda path: path.split("/")):
        member = new[path]
        replaced = path in old and old[path].type != member.type
        if old.get(path) != member or any(path.startswith(f"{one}/") for one in emptied):
            found.append(member)
        if member.type == "directory" and path in old and not replaced and opaque:
            found += [member, Member(f"{path[1:]}/.wh..wh..opq")]
            emptied.append(path)
    for path in sorted(old):
        parent = posixpath.dirname(path)
        if path not in new and (parent == "/" or (parent in new and new[parent].type == "directory")):
            found.append(Member(f"{parent}/.wh.{posixpath.basename(path)}"[1:]))
    return found


@given(st.lists(trees(), min_size=1, max_size=4), st.booleans())
def test_any_tree_in_any_layers_flattens_to_itself(states: list[dict[str, Member]], opaque: bool) -> None:
    layers, last = [], dict[str, Member]()
    for state in states:
        layers.append(tuple(_changes(last, state, opaque)))
        last = state
    in_one = flat(tuple(last[path] for path in sorted(last, key=lambda path: path.split("/"))))
    assert flat(*layers) == in_one
    assert in_one.keys() == last.keys()
    for path, member in last.items():
        assert (in_one[path].kind, in_one[path].uid, in_one[path].size) == (member.type, member.uid, len(member.data))
