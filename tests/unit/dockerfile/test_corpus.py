"""The awkward Dockerfiles without an engine: our verdict, and what the Python binding of BuildKit's parser says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from bakegen.dockerfile import parse, read
from bakegen.text import Source
from tests.unit.dockerfile.reading import errors
from tests.unit.dockerfile.test_lossless import TEXTS, check

FOLDER = Path(__file__).parents[2] / "engine" / "dockerfiles"
ACCEPTED = sorted((FOLDER / "accepted").glob("*.Dockerfile"))
REFUSED = sorted((FOLDER / "refused").glob("*.Dockerfile"))


def source(path: Path) -> Source:
    return Source.from_bytes(path.name, path.read_bytes())


def test_there_are_several_hundred_instructions() -> None:
    assert sum(len(parse(source(path)).instructions) for path in ACCEPTED) > 300
    assert len(REFUSED) > 150


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_accepted(path: Path) -> None:
    check(source(path))
    assert errors(read(source(path)).resolve()) == []


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_refused(path: Path) -> None:
    check(source(path))
    assert path.name.partition(".")[0] in errors(read(source(path)).resolve())


def theirs(text: str) -> list[tuple[object, ...]] | None:
    """What the binding makes of a text, None where it refuses it or is too old to know better."""
    binding = pytest.importorskip("dockerfile", reason="the extra `bench` has the binding of BuildKit's parser")
    if "check" in text.lower():
        return None  # no directive yet: it ends the directives
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        return None  # the binding does not survive such text
    try:
        found = binding.parse_string(text)
    except binding.GoParseError:
        return None
    return [
        (
            command.cmd,
            command.start_line,
            command.end_line,
            command.flags,
            command.json,
            tuple((h.name, h.file_descriptor, h.content) for h in command.heredocs if not command.sub_cmd),
        )
        for command in found
    ]


def ours(text: str) -> list[tuple[object, ...]]:
    """Our instructions in the same form."""
    found: list[tuple[object, ...]] = []
    for node in parse(Source("x", text)).instructions:
        owner = node.trigger or node
        flags = tuple(flag.text for flag in node.flags)
        # The binding does not tell of the heredocs of an ONBUILD.
        heredocs = tuple((h.name, h.descriptor, h.body) for h in node.heredocs if owner is node)
        found.append((node.keyword, node.line, node.end_line, flags, owner.json is not None, heredocs))
    return found


def compare(text: str) -> None:
    expected = theirs(text)
    if expected is None or parse(Source("x", text)).foreign is not None:
        return
    tree = parse(Source("x", text))
    assert not any(node.fault for node in tree.instructions)
    known = {node.line for node in tree.instructions}
    expected = [command for command in expected if command[1] in known]
    for mine, command in zip(ours(text), expected, strict=True):
        # The binding is of an older parser, which took JSON with text after it for JSON.
        assert mine[:4] + mine[5:] == command[:4] + command[5:]
        assert mine[4] == command[4] or (command[4] and "]" in text)


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_files_against_the_binding(path: Path) -> None:
    compare(source(path).text)


@given(TEXTS)
def test_any_text_against_the_binding(text: str) -> None:
    compare(text)
