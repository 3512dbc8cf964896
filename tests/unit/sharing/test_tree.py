"""What sequences begin with together, and layers counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bakegen.sharing.model import Layer, StoredImage
from bakegen.sharing.sizes import shares
from bakegen.sharing.tree import Node, prefix_tree

_LISTS = st.lists(st.lists(st.sampled_from("abc"), max_size=6), min_size=1, max_size=8)


def leaves(node: Node) -> list[int]:
    return [one for child in node.children for one in leaves(child)] if node.children else list(node.members)


@given(_LISTS)
def test_a_node_is_what_its_members_begin_with_and_no_more(lists: list[list[str]]) -> None:
    root = prefix_tree(lists)
    assert sorted(leaves(root)) == list(range(len(lists)))
    for node in root.partings():
        assert len({tuple(lists[one][: node.end]) for one in node.members}) == 1
        following = [lists[child.members[0]][node.end : node.end + 1] for child in node.children]
        assert len({tuple(one) for one in following}) == len(node.children) > 1
        assert all(child.start == node.end for child in node.children)


@given(_LISTS)
def test_every_layer_is_counted_in_one_part(lists: list[list[str]]) -> None:
    size = {"a": 1, "b": 10, "c": 100}
    images = [
        StoredImage(str(number), "", tuple(Layer(name, size[name], "") for name in names))
        for number, names in enumerate(lists)
    ]
    found = shares(images)
    once = {name for names in lists for name in names}
    assert found.bytes == sum(size[name] for name in once)
    assert found.bytes == found.bytes_of_all + found.bytes_of_some + found.bytes_own
    assert found.layers == found.layers_of_all + found.layers_of_some + found.layers_own == len(once)
    assert found.bytes_in_all >= found.bytes
    assert found.images == len(lists)


def test_a_blob_of_several_images_counts_once() -> None:
    one = StoredImage("1", "", (Layer("a", 7, ""),), {"config": 3, "index": 2})
    other = StoredImage("2", "", (Layer("a", 7, ""), Layer("b", 5, "")), {"config": 3})
    found = shares([one, other])
    assert (found.bytes, found.bytes_in_all, found.other_bytes) == (12, 19, 5)
    assert (found.bytes_of_all, found.bytes_own, found.bytes_of_some) == (7, 5, 0)
