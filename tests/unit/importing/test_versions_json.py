"""The reader of ``versions.json``: cases to read in tests/golden/init-versions, and files that nobody writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.importing.versions_json import read_versions
from bakegen.matrix.naming import default_name
from tests.unit.importing.dockerfile_trees import found_text, tree_of
from tests.unit.importing.trees import Tree

if TYPE_CHECKING:
    from tests.golden_files import Golden

_CASES = Path(__file__).parents[2] / "golden" / "init-versions"


@pytest.mark.parametrize("case", sorted(path.name for path in _CASES.iterdir()))
def test_versions_are_read_as_they_are_kept(case: str, golden: Golden) -> None:
    """Axes, tags, and what is not carried over."""
    text = (_CASES / case / "tree.txt").read_text()
    golden.check(f"init-versions/{case}", {"tree.txt": text, "found.txt": found_text(read_versions(tree_of(text)))})


def test_tags_that_only_some_variants_have_are_not_given_to_all() -> None:
    """A rule within a condition is none that is sure."""
    lines = [
        "versionAliases=( $fullVersion $version )",
        "else",
        '  variantAliases=( "${versionAliases[@]/%/-$variant}" )',
    ]
    files = {
        "versions.json": b'{"1": {"version": "1.2", "variants": ["a"]}}',
        "1/a/Dockerfile": b"FROM scratch\n",
        "generate-stackbrew-library.sh": "\n".join(lines).encode(),
    }
    (target,) = read_versions(Tree(files)).targets
    assert "tags" not in target.attributes
    lines.remove("else")
    (target,) = read_versions(Tree({**files, "generate-stackbrew-library.sh": "\n".join(lines).encode()})).targets
    assert target.attributes["tags"] == ["project:1.2-a", "project:1-a"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["1.2", "a", "windows/x", "../..", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["version", "variants", "arches", "1", "2", "", "a/b"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_VALUES, st.binary(max_size=30), st.sets(st.sampled_from(["1", "2", "1/a", "1/a/b", "2/windows/x", "a/b"])))
def test_no_file_is_too_odd(value: object, script: bytes, folders: set[str]) -> None:
    """Nothing is raised, and names are the image's with its axes."""
    files = {f"{folder}/Dockerfile": b"FROM scratch\n" for folder in folders}
    files |= {"versions.json": json.dumps(value).encode(), "generate-stackbrew-library.sh": script}
    files["Dockerfile.template"] = script
    for target in read_versions(Tree(files)).targets:
        assert target.name == default_name(
            target.family, [value for axis, value in target.axes.items() if axis != "version.full"]
        )
    assert not read_versions(Tree({**files, "versions.json": script})).targets
