"""The reader of Dockerfiles in a tree: cases to read in tests/golden/init-dockerfiles, and trees that nobody writes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.importing.dockerfile_tree import read_dockerfiles
from bakegen.importing.folding_project import Choices, fold_all
from bakegen.importing.merging import merged
from bakegen.importing.sources import Kind, reader
from bakegen.matrix.naming import default_name, fit_name
from tests.unit.importing.dockerfile_trees import found_text, tree_of
from tests.unit.importing.trees import Tree

if TYPE_CHECKING:
    from tests.golden_files import Golden

_CASES = Path(__file__).parents[2] / "golden" / "init-dockerfiles"


@pytest.mark.parametrize("case", sorted(path.name for path in _CASES.iterdir()))
def test_a_tree_is_read_as_it_is_kept(case: str, golden: Golden) -> None:
    """Names, contexts, links, families, and why."""
    text = (_CASES / case / "tree.txt").read_text()
    golden.check(
        f"init-dockerfiles/{case}", {"tree.txt": text, "found.txt": found_text(read_dockerfiles(tree_of(text)))}
    )


def test_the_name_of_the_folder_of_a_clone_does_not_count() -> None:
    """Two clones come to the same definitions."""
    content = {"Dockerfile": b"FROM scratch\n", "a/Dockerfile": b"FROM scratch\n"}
    assert read_dockerfiles(Tree(content, "one")) == read_dockerfiles(Tree(content, "two"))


def test_links_lead_to_what_an_earlier_source_calls_the_target() -> None:
    """A compose file builds base under another name, and that is the one that stays."""
    tree = tree_of(
        """==> compose.yaml <==
services:
  foundation:
    build: ./base
    image: ghcr.io/us/base:1

==> base/Dockerfile <==
FROM debian

==> app/Dockerfile <==
FROM ghcr.io/us/base:1
"""
    )
    found = merged({kind: reader(kind)(tree) for kind in (Kind.COMPOSE, Kind.DOCKERFILES)})
    targets = {target.name: target.attributes.get("contexts") for target in found.targets}
    assert targets == {"foundation": None, "app": {"ghcr.io/us/base:1": "target:foundation"}}


_SCRIPT = """==> Dockerfile <==
ARG V
FROM debian:$V

==> build.sh <==
docker build --build-arg V=12 -t us/x:12 .
docker build --build-arg V=13 -t us/x:13 {more}.
"""


def test_several_sets_of_arguments_become_an_axis() -> None:
    found = read_dockerfiles(tree_of(_SCRIPT.format(more="")))
    (image,) = fold_all(found, Choices()).images
    assert [target.name for target in image.members] == ["x-12", "x-13"]
    assert image.axes == {"v": ["12", "13"]}
    assert image.fields["args"] == {"V": "{{ v }}"}
    assert image.fields["tags"] == ["{{ repository }}:{{ v }}"]


@pytest.mark.parametrize("more", ["--build-arg W=1 ", "-t us/x:12 ", "-t us/x:$NOW ", "--build-arg V=$V "])
def test_sets_of_arguments_that_are_not_sure_are_none(more: str) -> None:
    assert len(read_dockerfiles(tree_of(_SCRIPT.format(more=more))).targets) == 1


_PARTS = st.sampled_from(["a", "b", "3.1", "3.2", "alpine", "Docker", "é", "..x", "-", "api", "vendor", "docker"])
_PATHS = st.tuples(
    st.lists(_PARTS, max_size=3),
    st.sampled_from(
        ["Dockerfile", "Dockerfile.dev", "Dockerfile.3.1", "api.Dockerfile", "Containerfile", "Makefile", "x.sh"]
    ),
).map(lambda one: "/".join((*one[0], one[1])))
_LINES = st.sampled_from(
    [
        "FROM a",
        "FROM b AS x",
        "FROM reg.io/us/a:1",
        "FROM $A",
        "FROM x",
        "ARG A",
        "COPY . /",
        "COPY a/../../b [",
        "COPY --from=a / /",
        "RUN --mount=type=bind,source=a true",
        "# escape=`",
        "# syntax=other/one",
        "docker build -t reg.io/us/a:1 a",
        "\tcd a && docker build -f ../b/Dockerfile ..",
        "docker build --build-arg A=$(B) -t $X/a:$(C) --target x $(D) .",
        "B = $(B) $(A)",
        "A=${B:-${A}}",
        'docker build "$(dirname "$0")/..',
        "docker build -t",
        "COPY <<E /x",
    ]
)
_CONTENTS = st.one_of(st.lists(_LINES, max_size=6).map(lambda lines: "\n".join(lines).encode()), st.binary(max_size=60))


@given(st.dictionaries(_PATHS, _CONTENTS, max_size=12))
def test_no_tree_is_too_odd(content: dict[str, bytes]) -> None:
    """Nothing is raised, names differ and are fit for bake, and links lead to targets and in no circle."""
    found = read_dockerfiles(Tree(content))
    names = [target.name for target in found.targets]
    assert len(set(names)) == len(names)
    needs: dict[str, set[str]] = {}
    for target in found.targets:
        assert target.name == fit_name(target.name) != ""
        contexts = target.attributes.get("contexts", {})
        assert isinstance(contexts, dict)
        needs[target.name] = {str(one).removeprefix("target:") for one in contexts.values()}
        assert needs[target.name] <= set(names)
        if target.family:
            assert target.name == default_name(target.family, list(target.axes.values()))
    while needs:
        free = [name for name, others in needs.items() if not others & set(needs)]
        assert free, f"a circle of {sorted(needs)}"
        for name in free:
            del needs[name]


def test_a_thousand_dockerfiles_are_read_in_a_few_seconds() -> None:
    """Each with a link to the one before, a script that builds them all, and a folder with many files."""
    content = {
        f"image{at // 10}/n{at}x/Dockerfile": f"FROM reg.io/us/n{at - 1}x\nCOPY f.txt /\n".encode()
        for at in range(1000)
    }
    content |= {f"image{at // 10}/n{at}x/f.txt": b"" for at in range(1000)}
    content["build.sh"] = "".join(
        f"docker build -t reg.io/us/n{at}x image{at // 10}/n{at}x\n" for at in range(1000)
    ).encode()
    start = time.monotonic()
    found = read_dockerfiles(Tree(content))
    assert time.monotonic() - start < 30
    assert len(found.targets) == 1000
    assert sum("contexts" in target.attributes for target in found.targets) == 999
