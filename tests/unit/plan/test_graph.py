from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.plan.graph import CycleError, Graph, draw_mermaid, draw_svg, draw_text, topological

GRAPH = Graph(
    ("debian:12", "base", "go-1", "go-2"),
    (("debian:12", "base"), ("base", "go-1"), ("base", "go-2"), ("go-1", "go-2")),
    frozenset({"debian:12"}),
)


def test_text_draws_a_tree_from_the_base_image() -> None:
    assert draw_text(GRAPH) == ("debian:12 (base image)\n└── base\n    ├── go-1\n    │   └── go-2\n    └── go-2\n")


def test_mermaid_escapes_what_its_grammar_would_read() -> None:
    drawn = draw_mermaid(Graph(('a"];evil', "b"), (('a"];evil', "b"),)))
    assert drawn == 'flowchart LR\n    n0["a#34;#93;#59;evil"]\n    n1["b"]\n    n0 --> n1\n'


def test_svg_is_well_formed_and_puts_users_to_the_right() -> None:
    root = ElementTree.fromstring(draw_svg(GRAPH))
    boxes = [float(e.attrib["x"]) for e in root if e.tag.endswith("rect")]
    assert boxes == sorted(boxes)
    assert len(set(boxes)) == 4


@given(st.text())
def test_svg_of_any_name_is_well_formed(name: str) -> None:
    ElementTree.fromstring(draw_svg(Graph((name,), ())))


def test_parents_come_first_and_the_given_order_stays() -> None:
    assert topological(["c", "a", "b"], {"c": ["b"], "b": []}) == ["b", "c", "a"]


def test_a_cycle_is_named_in_full() -> None:
    with pytest.raises(CycleError) as raised:
        topological(["x", "a"], {"x": ["a"], "a": ["b"], "b": ["a"]})
    assert raised.value.cycle in (["a", "b", "a"], ["b", "a", "b"])


@given(st.dictionaries(st.integers(0, 30), st.lists(st.integers(0, 30), max_size=4), max_size=30))
def test_every_parent_precedes_or_a_cycle_is_real(above: dict[int, list[int]]) -> None:
    parents = {str(k): [str(v) for v in vs] for k, vs in above.items()}
    nodes = [str(n) for n in range(31)]
    try:
        order = topological(nodes, parents)
    except CycleError as error:
        assert error.cycle[0] == error.cycle[-1]
        for child, parent in zip(error.cycle, error.cycle[1:], strict=False):
            assert parent in parents[child]
    else:
        at = {node: index for index, node in enumerate(order)}
        assert len(order) == 31
        assert all(at[p] < at[c] for c, ps in parents.items() for p in ps)


def test_a_chain_of_thousands_is_no_recursion_problem() -> None:
    nodes = [str(n) for n in range(5_000)]
    assert topological(nodes, {str(n): [str(n + 1)] for n in range(4_999)})[0] == "4999"
