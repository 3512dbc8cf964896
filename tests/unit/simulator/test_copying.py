"""COPY, ADD and --link in the simulator: what BuildKit's sources and the engine say."""

from __future__ import annotations

import pytest

from tests.simulator.copying import Transfer, changed_mode, linked, transfer, wildcards
from tests.simulator.tree import Failure, Tree, directory, file, link, planted
from tests.simulator.world import archive

ORIGIN = planted(
    [
        ("/a.txt", file("a", 0o640)),
        ("/b.txt", file("b")),
        ("/dir", directory(0o700)),
        ("/dir/x", file("x")),
        ("/dir/sub", directory(0o750)),
        ("/dir/sub/y", file("y")),
        ("/to-a", link("a.txt")),
        ("/files.tar", file(archive())),
    ]
)


def base() -> Tree:
    return planted(
        [
            ("/tmp", directory(0o1777)),
            ("/opt", directory()),
            ("/sl", link("/opt")),
            ("/opt/sub", directory(0o711, 3, 4)),
            ("/opt/file-link", link("/opt/behind")),
        ]
    )


def copied(sources: str, destination: str, **more: object) -> Tree:
    tree = base()
    transfer(tree, Transfer(ORIGIN, tuple(sources.split()), (), destination, **more))  # type: ignore[arg-type]
    return tree


def test_file_to_a_name_through_links() -> None:
    tree = copied("a.txt", "/sl/new")
    assert tree.nodes["/opt/new"] == file("a", 0o640)
    assert tree.nodes["/sl"].kind == "l"
    assert copied("a.txt", "/opt/file-link").nodes["/opt/behind"].data == b"a"


def test_file_into_a_directory() -> None:
    assert copied("a.txt", "/opt").nodes["/opt/a.txt"].data == b"a"
    tree = copied("a.txt", "/new/deep/", chown=(7, 8))
    assert tree.nodes["/new/deep/a.txt"] == file("a", 0o640, 7, 8)
    assert tree.nodes["/new"] == directory(0o755, 7, 8)  # the owner holds for what is made on the way


def test_source_link_is_followed_and_keeps_its_name() -> None:
    assert copied("to-a", "/opt/").nodes["/opt/to-a"] == file("a", 0o640)


def test_directory_is_merged() -> None:
    tree = copied("dir", "/opt")
    assert tree.nodes["/opt"] == directory()  # the one named keeps what it has
    assert tree.nodes["/opt/sub"] == directory(0o750)  # those in it take what the source has
    assert tree.nodes["/opt/sub/y"].data == b"y"
    assert copied("dir", "/fresh").nodes["/fresh"] == directory()


def test_wildcards_and_excludes() -> None:
    assert wildcards(ORIGIN, "*.txt") == ["/a.txt", "/b.txt"]
    assert wildcards(ORIGIN, "d*/x") == ["/dir/x"]
    assert wildcards(ORIGIN, "missing") == []
    tree = copied("dir", "/opt", exclude=("sub/*",))
    assert "/opt/sub/y" not in tree.nodes
    assert tree.nodes["/opt/sub"].mode == 0o750
    assert copied("none*", "/opt/").nodes == base().nodes
    with pytest.raises(Failure):
        copied("none", "/opt/")


def test_kinds_that_do_not_fit() -> None:
    tree = base()
    tree.nodes["/opt/sub"] = file("in the way")
    with pytest.raises(Failure, match="non-directory"):
        transfer(tree, Transfer(ORIGIN, ("dir",), (), "/opt"))
    tree = base()
    tree.nodes["/opt/a.txt"] = directory()
    with pytest.raises(Failure, match="cannot replace"):
        transfer(tree, Transfer(ORIGIN, ("a.txt",), (), "/opt/"))


def test_archives_are_unpacked() -> None:
    tree = copied("files.tar", "/un/packed/", unpack=True)
    assert tree.nodes["/un/packed/data"] == directory(0o750, 7, 8)
    assert tree.nodes["/un/packed/data/link"].link == "one.txt"
    assert copied("files.tar", "/un/").nodes["/un/files.tar"].kind == "f"


def test_link_is_blind() -> None:
    tree = base()
    linked(tree, Transfer(ORIGIN, ("a.txt",), (), "/tmp/f"))
    assert tree.nodes["/tmp"] == directory()
    linked(tree, Transfer(ORIGIN, ("a.txt",), (), "/sl/f"))
    assert tree.nodes["/sl"] == directory()
    assert "/opt/f" not in tree.nodes
    linked(tree, Transfer(ORIGIN, ("a.txt",), (), "/opt"))  # without the slash a directory becomes a file
    assert tree.nodes["/opt"].kind == "f"
    assert "/opt/sub" not in tree.nodes


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [("755", 0o600, 0o755), ("u+x", 0o640, 0o740), ("go-w", 0o777, 0o755), ("a=r", 0o777, 0o444), ("+x", 0o600, 0o711)],
)
def test_modes(text: str, before: int, after: int) -> None:
    assert changed_mode(text, before, False, 0o022) == after
