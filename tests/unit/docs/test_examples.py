"""Every block of code of every document is run, compared with what a command prints, or read as its language says.

What a page can say about its blocks: `bakegen/docs/README.md`. What is marked with `engine` is in tests/engine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bakegen.rules.discovery import entries
from tests import readme
from tests.docs.checking import WrongExampleError, check
from tests.docs.pages import ROOT, Block, every_block, generated, parse, paths, read
from tests.docs.running import OUTPUT, Chain, Reader, chains, takes_part

if TYPE_CHECKING:
    from pathlib import Path

MOST_NOT_RUN = 5
CHAINS = [chain for path in paths() if path != "README.md" and not generated(path) for chain in chains(read(path))]


@pytest.mark.parametrize("path", [path for path in paths() if not generated(path)])
def test_every_block_is_checked(path: str) -> None:
    run = {id(step) for chain in chains(read(path)) for step in chain.steps} if path != "README.md" else set()
    for block in read(path).blocks:
        if block.mark.what == "not run":
            assert block.mark.value, f"{block.place}: say why it is not run"
        elif block.mark.by:
            assert (ROOT / block.mark.by).is_file(), f"{block.place}: there is no {block.mark.by}"
        elif path == "README.md" and block.language in ("sh", *OUTPUT):
            assert_run_by_the_tests_of_the_readme(block)
        elif (block.language in ("sh", *OUTPUT) or block.mark.what == "shows") and takes_part(block):
            assert id(block) in run, f"{block.place}: no command above it is run; `<!-- run -->`"
        else:
            check(block)


def assert_run_by_the_tests_of_the_readme(block: Block) -> None:
    """A command is run by name in one of the files of tests, and what is shown of it is asked for there."""
    files = [ROOT / "tests/unit/test_readme.py", *(ROOT / "tests/engine").glob("test_*.py")]
    tests = "".join(path.read_text("utf-8") for path in files)
    if block.language == "sh":
        name, call = block.mark.value, r"(?:readme\.run\(|blocks\(\)\[)\s*\"{}\""
        ran = re.search(call.format(re.escape(name)), tests) or (name == "tour" and "readme.tour(" in tests)
        assert ran, f"{block.place}: no test runs {name!r}"
    else:
        names = [name for name in readme.blocks() if block.text in readme.shown(name)]
        assert any(f'readme.shown("{name}")' in tests for name in names), f"{block.place}: no test compares it"


def test_generated_pages_have_examples_that_are_tested_where_they_are_declared() -> None:
    """Those of rules and rewrites are their tests, those of commands are parsed; others keep the pages current."""
    pages = [path for path in paths() if generated(path)]
    assert len([path for path in pages if "/rules/" in path]) == len(entries())
    known = {"", "text", "diff", "dockerfile", "hcl", "json", "yaml"}
    assert {block.language for path in pages for block in read(path).blocks} <= known


def test_few_blocks_are_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = list(every_block())
    left = [block for block in blocks if block.mark.what == "not run"]
    elsewhere = [block for block in blocks if block.mark.by]
    with capsys.disabled():
        for block in left:
            print(f"\nnot run: {block.place}: {block.mark.value}")
        for block in elsewhere:
            print(f"\nrun by another test: {block.place}: {block.mark.by}", end="")
    assert len(left) <= MOST_NOT_RUN


@pytest.mark.parametrize("chain", [chain for chain in CHAINS if not chain.engine], ids=lambda chain: chain.name)
def test_the_examples_run_and_print_what_the_page_shows(chain: Chain, tmp_path: Path) -> None:
    Reader(tmp_path / "work").follow(chain)


PAGE = """\
<!-- run: first; exit: 3 -->
```sh
echo one; echo two >&2; echo three; exit 3
```

It prints

```text
one
…
th…e
```

<!-- file: a/b.txt -->
```text
hello
```

<!-- setup
cat a/b.txt > c.txt
-->

<!-- shows: c.txt -->
```text
hello
```

<!-- run: other; new -->
```sh
ls
```
"""


def test_a_page_is_followed_from_top_to_bottom(tmp_path: Path) -> None:
    first, second = chains(parse("page.md", PAGE))
    assert [step.line for step in first.steps] == [2, 8, 15, 19, 24]
    Reader(tmp_path / "first").follow(first)
    Reader(tmp_path / "second").follow(second)
    assert (tmp_path / "first" / "c.txt").read_text() == "hello\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("exit: 3", "exit: 1", r"page.md:2: ended with 3, not 1"),
        ("\none\n…", "\nfour\n…", r"page.md:8: shows\nfour"),
        ("th…e", "th…x", r"page.md:8: shows"),
        ("> c.txt", "> d.txt", r"page.md:24: there is no c.txt"),
        ("<!-- shows: c.txt -->\n```text\nhello", "<!-- shows: c.txt -->\n```text\nbye", r"page.md:24: shows"),
    ],
)
def test_what_is_not_as_the_page_says_fails(old: str, new: str, said: str, tmp_path: Path) -> None:
    chain, _ = chains(parse("page.md", PAGE.replace(old, new)))
    with pytest.raises(AssertionError, match=said):
        Reader(tmp_path / "first").follow(chain)


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("dockerfile", "FORM debian\n", "line 1 of the Dockerfile cannot be read"),
        ("hcl", 'target "a" {\n', "page.md:1: "),
        ("json", "{,}", "Expecting property name"),
        ("toml", "a = ", "Invalid value"),
        ("yaml", "argz: {}\n", "what file is it"),
        ("yaml", "args: [a]\n", "is not of type|not valid"),
        ("yaml", "registry: a b\n", "registry"),
        ("jinja", "{{ nope }}\n", "nope"),
        ("sh", "ls\n", "it has no mark"),
        ("python", "1\n", "nothing checks the language 'python'"),
        ("", "1\n", "nothing checks the language ''"),
    ],
)
def test_what_is_not_of_its_language_fails(language: str, text: str, said: str) -> None:
    (block,) = parse("page.md", f"```{language}\n{text}```\n").blocks
    with pytest.raises(WrongExampleError, match=said):
        check(block)


def test_a_mark_with_a_word_that_means_nothing_fails() -> None:
    with pytest.raises(ValueError, match=r"page.md:1: no mark has the option 'exti: 1'"):
        parse("page.md", "<!-- run: a; exti: 1 -->\n```sh\nls\n```\n")
