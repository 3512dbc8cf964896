"""The toy filesystem: paths through links, rights, and what counts as a difference."""

from __future__ import annotations

import pytest

from bakegen.compare.declared import Declared
from tests.simulator.tree import ROOT, Failure, Tree, Who, declared, differences, directory, file, link, planted

TREE = planted(
    [
        ("/usr/bin/sh", file("sh", 0o755)),
        ("/bin", link("usr/bin")),
        ("/loop", link("/loop")),
        ("/deep/up", link("../usr")),
        ("/nowhere", link("/missing/place")),
        ("/closed", directory(0o700)),
        ("/closed/x", file("x")),
        ("/tmp", directory(0o1777)),
        ("/tmp/theirs", file("x", 0o666, 7, 7)),
    ]
)


def test_paths_through_links() -> None:
    assert TREE.locate("/bin/sh") == "/usr/bin/sh"
    assert TREE.locate("/deep/up/bin/../../bin/sh") == "/usr/bin/sh"
    assert TREE.locate("/bin", last=False) == "/bin"
    assert TREE.rooted("/nowhere/x") == "/missing/place/x"
    for path in ("/loop", "/nowhere/x", "/usr/bin/sh/x"):
        with pytest.raises(Failure):
            TREE.locate(path)


def test_rights() -> None:
    app = Who(7, 7)
    tree = TREE.copy()
    with pytest.raises(Failure):
        tree.read("/closed/x", app)
    with pytest.raises(Failure, match="sticky"):
        tree.unlink("/tmp/theirs", Who(8, 8))
    tree.unlink("/tmp/theirs", app)
    assert tree.read("/closed/x", ROOT) == b"x"
    assert "/tmp/theirs" in TREE.nodes  # a copy is a copy


def test_rename_takes_all_below() -> None:
    tree = TREE.copy()
    tree.rename("/usr", "/other")
    assert tree.nodes["/other/bin/sh"].data == b"sh"
    with pytest.raises(Failure):
        tree.rename("/other", "/other/bin/inside")


@pytest.mark.parametrize("glob", ["/a", "/a/**", "/a/*.deb", "/**/b", "/a/**/c", "/a/?"])
def test_what_globs_cover_is_what_verify_says(glob: str) -> None:
    theirs = Declared((glob,))
    for path in ("/a", "/a/b", "/a/b/c", "/a/x.deb", "/b", "/c", "/a/b/x.deb", "/a/c", "/x/y/b"):
        assert declared(glob, path) == theirs.covers(path), path


def test_differences() -> None:
    one, other = Tree(), Tree()
    assert list(differences(one, other)) == []
    other.makedirs("/root/.cache/pip")
    other.nodes["/root/.cache/pip/x"] = file("x")
    assert len(list(differences(one, other))) == 4
    assert list(differences(one, other, ("/root/.cache/pip/**",))) == []
    other.nodes["/root/kept"] = file("x")
    found = list(differences(one, other, ("/root/.cache/pip/**",)))
    assert [line.partition(":")[0] for line in found] == ["/root", "/root/kept"]
