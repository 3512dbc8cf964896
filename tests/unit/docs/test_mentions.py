"""What documents mention exists: commands with their options, and the files and headings that links lead to."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

import pytest

from tests.docs.commands import mentioned, problem, unknown_options
from tests.docs.pages import ROOT, generated, parse, paths, read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bakegen render --check", ""),
        ("bakegen cache prune --older-than 7d    # which", ""),
        ("bakegen --anything NAME", "`bakegen` has no option '--anything'"),
        ("bakegen rendr", "`bakegen` has no command 'rendr'"),
        ("bakegen cache sweep", "`bakegen cache` has no command 'sweep'"),
        ("bakegen render --chek", "`bakegen render` has no option '--chek'"),
        ("bakegen explain --format=yaml", "--format takes "),
        ("docker bakegen lint --format sarif | jq .", ""),
        ("bakegen build … --what", ""),
    ],
)
def test_commands_are_looked_up(text: str, said: str) -> None:
    assert problem(text).startswith(said) if said else problem(text) == ""


def test_the_commands_that_documents_mention_exist() -> None:
    wrong = []
    count = 0
    for path in paths():
        for line, text in mentioned(read(path)):
            count += 1
            said = problem(text)
            if said:
                wrong.append(f"{path}:{line}: {said}")
    assert not wrong, "\n".join(wrong)
    assert count > 100  # they are found at all


def test_the_options_that_documents_mention_exist() -> None:
    assert list(unknown_options(parse("page.md", "see `--chek` and `--check`, `--link`\n"))) == [(1, "--chek")]
    pages = [read(path) for path in paths() if not generated(path)]
    assert not [f"{page.path}:{line}: {name}" for page in pages for line, name in unknown_options(page)]


def test_links_lead_to_files_and_headings() -> None:
    wrong = []
    count = 0
    for path in paths():
        for line, link in read(path).links:
            if "://" in link or link.startswith("mailto:"):
                continue
            count += 1
            target, _, anchor = unquote(link).partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            if not (ROOT / there).exists():
                wrong.append(f"{path}:{line}: there is no {there}")
            elif anchor and there in paths() and anchor not in read(there).anchors:
                wrong.append(f"{path}:{line}: {there} has no heading #{anchor}")
    assert not wrong, "\n".join(wrong)
    assert count > 200
