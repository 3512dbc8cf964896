"""The normal form in which bake prints a file; the engine tests hold it against the real bake."""

from __future__ import annotations

import pytest

from bakegen.bake.meaning import meaning, without_repeats
from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, Value


def told(attributes: dict[str, Value], *others: BakeTarget) -> object:
    targets = meaning(BakeFile(targets=(BakeTarget("t", attributes), *others)), ("t",))["target"]
    assert isinstance(targets, dict)
    return targets["t"]


def test_defaults() -> None:
    assert told({}) == {"context": ".", "dockerfile": "Dockerfile"}


@pytest.mark.parametrize(
    ("context", "printed"),
    [
        ("images/go/", "images/go"),
        ("./a/../b//c", "b/c"),
        ("//a", "/a"),
        ("", "."),
        ("cwd://a/", "a"),
        ("https://example.com/a/../b.git#x:y", "https://example.com/a/../b.git#x:y"),
        ("git@example.com:a//b.git", "git@example.com:a//b.git"),
    ],
)
def test_contexts(context: str, printed: str) -> None:
    assert told({"context": context}) == {"context": printed, "dockerfile": "Dockerfile"}


@pytest.mark.parametrize(
    ("attributes", "printed"),
    [
        ({"tags": ("a", "", "a", "b")}, {"tags": ["a", "b"]}),
        ({"tags": (), "output": (), "args": {}, "description": ""}, {}),
        ({"pull": False, "target": ""}, {"pull": False, "target": ""}),
        ({"network": "host"}, {"network": "host", "entitlements": ["network.host"]}),
        ({"args": {"A": "${x} %{y} $${z}"}}, {"args": {"A": "$${x} %%{y} $$${z}"}}),
        ({"tags": ("${x}",)}, {"tags": ["${x}"]}),
        ({"contexts": {"a": "", "b": "c"}}, {"contexts": {"b": "c"}}),
        ({"secret": ({"id": "a", "env": "X"}, {"id": "a", "src": "y"})}, {"secret": [{"id": "a", "src": "y"}]}),
        (
            {"attest": ({"type": "sbom", "disabled": "true"}, {"type": "provenance", "disabled": "false"})},
            {"attest": [{"type": "sbom", "disabled": True}, {"type": "provenance"}]},
        ),
        ({"resources": {"memory": "1g", "cpu-quota": 5}}, {"resources": {"memory": "1g", "cpu-quota": 5}}),
        (
            {"policy": ({"filename": "x.rego", "strict": "true"}, {"reset": "true", "log-level": "info"})},
            {
                "policy": [
                    {
                        "Files": [{"Filename": "x.rego", "Data": None}],
                        "Reset": False,
                        "Disabled": False,
                        "Strict": True,
                        "LogLevel": None,
                    },
                    {"Files": None, "Reset": True, "Disabled": False, "Strict": None, "LogLevel": 4},
                ]
            },
        ),
    ],
)
def test_attributes(attributes: dict[str, Value], printed: dict[str, object]) -> None:
    assert told(attributes) == {"context": ".", "dockerfile": "Dockerfile"} | printed


def test_inherits_merges_maps_appends_lists_and_replaces_the_rest() -> None:
    base = BakeTarget(
        "_base",
        {
            "args": {"A": "1", "B": "1"},
            "tags": ("x",),
            "annotations": ("a=1",),
            "cache-from": ({"type": "registry", "ref": "x"},),
            "context": "there",
        },
    )
    own: dict[str, Value] = {
        "inherits": ("_base",),
        "args": {"B": "2"},
        "tags": ("y",),
        "annotations": ("b=1",),
        "cache-from": ({"type": "registry", "ref": "y"},),
    }
    assert told(own, base) == {
        "context": "there",
        "dockerfile": "Dockerfile",
        "args": {"A": "1", "B": "2"},
        "tags": ["y"],
        "annotations": ["a=1", "b=1"],
        "cache-from": [{"type": "registry", "ref": "x"}, {"type": "registry", "ref": "y"}],
    }


def test_links_bring_their_targets_and_entitlements() -> None:
    other = BakeTarget("o", {"entitlements": ("security.insecure",), "output": ({"type": "image"},), "tags": ("x",)})
    file = BakeFile(targets=(BakeTarget("t", {"contexts": {"a": "target:o"}}), other))
    printed = meaning(file, ("t",))["target"]
    assert isinstance(printed, dict)
    assert printed["t"] == {
        "context": ".",
        "dockerfile": "Dockerfile",
        "contexts": {"a": "target:o"},
        "entitlements": ["security.insecure"],
    }
    linked = printed["o"]
    assert isinstance(linked, dict)
    assert linked["output"] == [{"type": "cacheonly"}]
    assert meaning(file, ("o",))["target"] != {"o": linked}


def test_groups() -> None:
    groups = (
        BakeGroup("default", ("more", "b"), "All."),
        BakeGroup("more", ("a",), "More."),
        BakeGroup("else", ("a",)),
    )
    file = BakeFile(groups=groups, targets=(BakeTarget("a", {}), BakeTarget("b", {}), BakeTarget("c", {})))
    assert meaning(file)["group"] == {
        "default": {"targets": ["b", "more"], "description": "All."},
        "more": {"targets": ["a"], "description": "More."},
    }
    assert meaning(file, ("c", "a"))["group"] == {"default": {"targets": ["a", "c"]}}
    assert meaning(file, ("else",))["group"] == {"default": {"targets": ["else"]}, "else": {"targets": ["a"]}}


@pytest.mark.parametrize(
    ("items", "left"), [("abac", "abc"), ("aabb", "ab"), ("", ""), ("a", "a"), ("abcabc", "abc"), ("abba", "ab")]
)
def test_repeats_leave_each_item_once(items: str, left: str) -> None:
    assert sorted(without_repeats(list(items))) == list(left)
