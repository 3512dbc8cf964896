"""The ignore matcher beside Docker's own Go code, over thousands of random ignore files and one real folder."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.dockerfile.patterns import PatternError, compile_wildcard
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COUNT = int(os.environ.get("BAKEGEN_TEST_IGNORE_FILES", "1000"))
SEED = int(os.environ.get("BAKEGEN_TEST_SEED", "20"))
HERE = Path(__file__).parent / "patternmatcher"
PATHS = (
    "a", "b", "ab", "A", "a.b", "a b", "ö", "!a", "#c", "x|y", "{a}", "a^b", "a$", "(a)", "a+b", "-", "7", "aa7",
    "foo.txt", "foo.md", "README.md", "go.v1.mod", "go.v2.mod", ".hidden", ".git/config", ".git/HEAD", "[x]",
    "d/a", "d/b", "d/ab", "d/a.b", "d/foo.txt", "d/d/a", "d/d/foo.txt", "d/d/d/a", "d/e/a", "d/e/foo.md", "e/d/a",
    "foo/a", "foo/bar", "foo/foo/a", "foo/foo/foo.txt", "foo/d/b", "q/b/x", "zz/a/a", "aaa/bbb/ccc", "aaa/b", "d2/a2",
    "x/foo/y/bar/z", "x/foo/bar/z", "x/y/foo/bar", "new\nline/a",
)  # fmt: skip
TOKENS = (
    "a", "b", "d", "e", "foo", "bar", "ab", "txt", "md", "ö", "x", "y", "7", "A", ".git", "go.v", "zz",
    "*", "*", "*", "?", "**", "**", "/", "/", "/", "/", "/", "**/", "/**", "/*", ".", "..", "./", "../",
    "[ab]", "[^a]", "[!a]", "[a-e]", "[]a]", "[a-]", "[", "]", "[*]", "[?]", "[**]", "[.]", "[^/]", "[\\]]", "[e-a]",
    "\\", "\\*", "\\a", "\\d", "\\w", "\\S", "\\b", "\\7", "\\.", "\\Q", "\\E", "\\x61", "[\\d]",
    "[[:alpha:]]", "[[:^digit:]]",
    "{", "}", "|", "^", "$", "(", ")", "+", "{2}", "{1,}", "{0,2}", "{,2}", "a{2}", "!", "#", " ", "-", "\t", "\ufeff",
)  # fmt: skip


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built against the versions in its go.mod."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed: Docker's own matcher cannot be built")
    binary = tmp_path_factory.mktemp("patternmatcher") / "patternmatcher"
    built = subprocess.run(
        [go, "build", "-mod=readonly", "-o", str(binary), "."], cwd=HERE, capture_output=True, text=True, timeout=300
    )
    if built.returncode:
        pytest.skip(f"Docker's own matcher cannot be built here: {built.stderr.strip()[-300:]}")
    return binary


def ask(peer: Path, questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    run = subprocess.run([str(peer)], input=lines.encode(), capture_output=True, timeout=120, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def patterns(seed: int) -> Iterator[str]:
    chance = random.Random(seed)
    while True:
        text = "".join(chance.choices(TOKENS, k=chance.choice((1, 2, 3, 3, 4, 5, 8))))
        yield ("!" if chance.random() < 0.3 else "") + text


def sent(rules: IgnoreFile, paths: Iterable[str]) -> set[str]:
    """What a sender that asks us would send: whatever is not excluded, and the directories above it."""
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")
        prefixes = ["/".join(parts[: i + 1]) for i in range(len(parts))]
        for i, prefix in enumerate(prefixes):
            if not rules.excludes(prefix):
                found.update(prefixes[: i + 1])
    return found


def test_random_ignore_files_send_what_docker_sends(peer: Path, tmp_path: Path) -> None:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    source = patterns(SEED)
    chance = random.Random(SEED + 1)
    texts = ["\n".join(next(source) for _ in range(chance.choice((1, 1, 2, 3, 4, 6)))) for _ in range(COUNT)]
    answers = ask(peer, ({"file": text, "root": str(tmp_path)} for text in texts))
    compared = 0
    for text, answer in zip(texts, answers, strict=True):
        rules = IgnoreFile.parse(Source(".dockerignore", text))
        refused = [problem.message for problem in rules.diagnostics if problem.severity == "error"]
        if answer["error"]:
            assert refused, (text, answer["error"])
        elif not refused:  # Docker finds a bad expression only when a path gets as far as that line
            compared += 1
            assert sent(rules, PATHS) == set(answer["paths"]), text
    assert compared > COUNT / 3


def test_random_wildcards_match_what_go_matches(peer: Path) -> None:
    source = patterns(30)
    texts = [next(source) for _ in range(4000)]
    answers = ask(peer, ({"pattern": text, "names": PATHS} for text in texts))
    for text, answer in zip(texts, answers, strict=True):
        try:
            matches = compile_wildcard(text)
        except PatternError:
            assert answer["error"], text
            continue
        assert not answer["error"], text
        assert [path for path in PATHS if matches(path)] == answer["paths"], text


def test_the_longest_line(peer: Path, tmp_path: Path) -> None:
    texts = [char * length + end for char in "a#" for length in (65534, 65535, 65536) for end in ("", "\n", "\r\n")]
    for text, answer in zip(texts, ask(peer, ({"file": text, "root": str(tmp_path)} for text in texts)), strict=True):
        assert bool(answer["error"]) == bool(IgnoreFile.parse(Source("f", text)).diagnostics), (len(text), text[-1:])
