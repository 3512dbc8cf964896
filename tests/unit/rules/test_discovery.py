"""Rules are found, named by words, and indexed as they are."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bakegen.rules.discovery import INDEX, entries, index_text, named, rule, rules

if TYPE_CHECKING:
    from tests.golden_files import Golden


def test_the_index_is_that_of_the_rules(golden: Golden) -> None:
    text = index_text()
    if golden.update:
        INDEX.write_text(text)
    assert INDEX.read_text() == text, "if this is meant: pytest --update-golden"
    assert [one.code for one in entries()] == [one.code for one in rules()]


def test_rules_without_their_words_are_not_loaded() -> None:
    code = (
        "import sys; from bakegen.rules.dockerfiles import DockerfileSubject; from bakegen.text import Source;"
        "from bakegen.rules.check import check_dockerfile;"
        "check_dockerfile(DockerfileSubject(Source('Dockerfile', 'FROM scratch\\nCOPY a /b\\n')));"
        "print(sum(name.startswith('bakegen.rules.practice.') for name in sys.modules),"
        " 'bakegen.rewrites.driver' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, rewriter = done.stdout.split()
    assert int(loaded) < len([one for one in entries() if one.module.startswith("practice.")]) / 2
    assert rewriter == "False"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("BK103", "BK103"),
        ("from-as-casing", "BK103"),
        ("from-as-*", "BK103"),
        ("FromAsCasing", "BK103"),
        ("buildkit:FromAsCasing", "BK103"),
        ("BK", "BK103"),
        ("bk10", "BK103"),
        ("ALL", "BK103"),
    ],
)
def test_a_word_means_rules(word: str, code: str) -> None:
    assert code in [one.code for one in named(word, entries())]


@pytest.mark.parametrize("word", ["", "BK9", "from-as", "hadolint:BK103", "zz*"])
def test_a_word_that_means_none(word: str) -> None:
    assert named(word, entries()) == []


def test_a_rule_by_its_code() -> None:
    assert rule("BK103").name == "from-as-casing"
    with pytest.raises(LookupError):
        rule("BK1")
