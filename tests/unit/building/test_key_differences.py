"""What differs between two keys, in words: every kind of input, and no value of an argument, a variable or a label."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.building.key_differences import INPUTS, Cause, Change, Files, key_changes, summary
from bakegen.dockerfile import read, stage_text
from bakegen.plan.keys import KeyInputs, content_key
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGESTS = ("sha256:" + "ab" * 32, "sha256:" + "cd" * 32)
SECRET = "hunter2"


def dockerfile(text: str) -> tuple[str, ...]:
    found = read(Source("Dockerfile", text))
    return (stage_text(found, None), *(stage_text(found, stage) for stage in found.stages))


def told(
    old: KeyInputs, new: KeyInputs, files: tuple[Files, Files] = ({}, {}), parents: Mapping[str, Change] | None = None
) -> str:
    def parent(name: str) -> tuple[str, tuple[Change, ...]]:
        return f"{name}-target", ((parents or {})[name],) if name in (parents or {}) else ()

    return summary(key_changes(old, new, files=lambda context: files, parent=parent))


def of_dockerfiles(old: str, new: str) -> str:
    return told(KeyInputs(dockerfile=dockerfile(old)), KeyInputs(dockerfile=dockerfile(new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("FROM a\nRUN one\n", "FROM a\nRUN two\n", "`RUN two` instead of `RUN one`"),
        ("FROM a\n", "FROM a\nCOPY --link x /y/\nRUN z\n", "`COPY --link x /y/` added, and 1 more"),
        ("FROM a\nRUN one\nRUN two\n", "FROM a\nRUN two\n", "`RUN one` removed"),
        ("FROM a AS b\nFROM b\n", "FROM c AS b\nFROM b\n", "`FROM c AS b` instead of `FROM a AS b`"),
        ("ARG V=1\nFROM a\n", "ARG V=2\nFROM a\n", "`ARG V` changed"),
        ("FROM a\nCMD [\"a\", \"b\"]\n", "FROM a\nCMD [\"text\", \"c\"]\n", "`CMD text c` instead of `CMD a b`"),
        ("FROM a\nRUN a  b\n", "FROM a\nRUN a b\n", "`RUN a b` changed"),
        (
            "FROM a\nRUN apt-get update && apt-get install --yes alpha beta gamma delta epsilon\n",
            "FROM a\nRUN apt-get update && apt-get install --yes alpha beta gamma delta zeta\n",
            "`RUN … zeta` instead of `RUN … epsilon`",
        ),
        ("FROM a\n", "FROM a\nRUN <<E\nx\nE\n", "`RUN <<E x` added"),
    ],
)  # fmt: skip
def test_the_first_instruction_that_differs(old: str, new: str, said: str) -> None:
    assert of_dockerfiles(old, new) == f"Dockerfile: {said}"


@pytest.mark.parametrize("line", ["ENV KEY={}", "ENV KEY {} more", "ARG KEY={}", "LABEL KEY={}", "ONBUILD ENV KEY={}"])
def test_values_are_never_told(line: str) -> None:
    said = of_dockerfiles(f"FROM a\n{line.format('x')}\n", f"FROM a\n{line.format(SECRET)}\n")
    assert SECRET not in said
    assert line.split()[0] in said
    said = told(KeyInputs(args={"A": "x", "B": "y"}), KeyInputs(args={"A": SECRET, "C": SECRET}))
    assert said == "argument A changed, argument B removed, argument C added"
    said = told(KeyInputs(attributes={"labels": {"a": "x"}}), KeyInputs(attributes={"labels": {"a": SECRET}}))
    assert said == "attribute labels.a changed"
    assert told(KeyInputs(), KeyInputs(attributes={"network": SECRET})) == "attribute network added"


def test_files_are_named_and_then_counted() -> None:
    old, new = KeyInputs(files="1"), KeyInputs(files="2")
    assert told(old, new, ({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "d": 1})) == "b changed, c removed, d added"
    assert told(old, new, ({"x": 1}, {str(n): n for n in range(9)})) == "0 added, 1 added, 2 added, 7 more files"
    assert told(old, new, ({}, {"a": 1})) == "some files changed"
    assert told(KeyInputs(contexts={"src": "1"}), KeyInputs(contexts={"src": "2"}), ({"a": 1}, {"a": 2})) == (
        "context src (a changed)"
    )
    assert "\n" not in told(old, new, ({"x": 1}, {"x": 1, "a\nb\x1b": 1}))


def test_bases_by_digest_and_parents_with_their_causes() -> None:
    old, new = KeyInputs(bases={"debian:12": DIGESTS[0]}), KeyInputs(bases={"debian:12": DIGESTS[1]})
    assert told(old, new) == f"base debian:12 {DIGESTS[1][:19]} instead of {DIGESTS[0][:19]}"
    assert told(old, KeyInputs(bases={"debian:12": None})).endswith(f"no digest instead of {DIGESTS[0][:19]}")
    because = Change("files", "go.mod", "changed")
    old, new = KeyInputs(parents={"base": "1"}), KeyInputs(parents={"base": "2"})
    assert told(old, new, parents={"base": because}) == "parent base-target (go.mod changed)"
    assert told(old, new) == "parent base-target changed"
    # A Dockerfile that names another base says so by itself.
    old = KeyInputs(dockerfile=dockerfile("FROM a"), bases={"a": None})
    new = KeyInputs(dockerfile=dockerfile("FROM b"), bases={"b": None})
    assert told(old, new) == "Dockerfile: `FROM b` instead of `FROM a`"


def test_platforms_stage_and_frontend() -> None:
    assert told(KeyInputs(), KeyInputs(platforms=("linux/arm64", "linux/amd64"))) == (
        "platforms linux/amd64, linux/arm64 instead of the builder's own"
    )
    assert told(KeyInputs(target="a"), KeyInputs()) == "stage the last one instead of a"
    old = KeyInputs(dockerfile=dockerfile("# syntax=docker/dockerfile:1\nFROM a"), syntax="docker/dockerfile:1")
    new = KeyInputs(dockerfile=dockerfile("# syntax=docker/dockerfile:2\nFROM a"), syntax="docker/dockerfile:2")
    assert told(old, new) == "frontend docker/dockerfile:2 instead of docker/dockerfile:1"


def test_a_cause_says_since_when() -> None:
    change = Change("files", "a", "changed")
    assert Cause("1a2b3c4d5e6f" * 3, "master", (change,)).text == "since 1a2b3c4d5e6f of master: a changed"
    assert Cause("1a2b3c4d5e6f" * 3, "", (change,)).text == "since 1a2b3c4d5e6f: a changed"
    assert Cause(unknown="a shallow\nclone").text == r"a shallow\x0aclone"


names = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", f"{SECRET}-1", f"{SECRET}-2"]))
inputs = st.builds(
    KeyInputs,
    dockerfile=st.lists(st.sampled_from(["FROM a", f"FROM a\nENV A={SECRET}", "FROM b\nRUN x"]).map(dockerfile)).map(
        lambda texts: tuple(text for one in texts for text in one)
    ),
    args=names,
    attributes=st.dictionaries(st.sampled_from(["labels", "network"]), names | st.just(SECRET)),
    contexts=names.map(lambda found: {key: str(hash(value)) for key, value in found.items()}),
    files=st.sampled_from(["", "1", "2"]),
    parents=st.dictionaries(st.sampled_from("xy"), st.sampled_from("12")),
    bases=st.dictionaries(st.sampled_from("pq"), st.sampled_from([None, *DIGESTS])),
    platforms=st.lists(st.sampled_from(["linux/amd64", "linux/arm64"])),
    target=st.sampled_from(["", "a"]),
    syntax=st.sampled_from(["", "x"]),
)


@given(inputs, inputs)
def test_something_is_told_exactly_where_keys_differ(old: KeyInputs, new: KeyInputs) -> None:
    found = key_changes(old, new, files=lambda context: ({}, {}), parent=lambda name: (name, ()))
    same = content_key(old) == content_key(new)
    assert same or found
    assert not key_changes(old, replace(old), files=lambda context: ({}, {}), parent=lambda name: (name, ()))
    assert {one.input for one in found} <= set(INPUTS)
    assert SECRET not in summary(found)
