"""The pages of rules: current in the docs, whole, and with carets where the marks are."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.rules.discovery import rules
from bakegen.rules.example_text import beside, caret_lines, fix_diff, surroundings, unmarked
from bakegen.rules.model import Example
from bakegen.rules.reference import FAMILIES, facts, fix_kind, index, page, pages
from bakegen.text import Span
from tests.golden_files import Golden
from tests.unit.rules.formats.reports import EMPTY, LINK, WORDS

if TYPE_CHECKING:
    from bakegen.rules.model import Rule

DOCS = Path(__file__).parents[3] / "bakegen" / "docs"
RULES = [pytest.param(rule, id=f"{rule.code} {rule.name}") for rule in rules()]


def test_the_committed_pages_are_current(golden: Golden) -> None:
    made = pages(rules())
    if golden.update:
        (DOCS / "reference/rules.md").write_text(made["reference/rules.md"], encoding="utf-8")
    assert (DOCS / "reference/rules.md").read_text(encoding="utf-8") == made["reference/rules.md"]
    Golden(DOCS, golden.update).check(
        "reference/rules", {name.rpartition("/")[2]: text for name, text in made.items() if "rules/" in name}
    )


def test_links_of_the_index_lead_somewhere() -> None:
    text = index(rules())
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (DOCS / "reference" / link).is_file(), link
    assert text.count("\n| [") == len(rules())


def test_every_family_has_a_name() -> None:
    assert {rule.code[:2] for rule in rules()} <= set(FAMILIES)


@pytest.mark.parametrize("rule", RULES)
def test_pages_are_whole(rule: Rule) -> None:
    text = page(rule)
    assert text.startswith(f"# {rule.code}: {rule.name}\n")
    assert text.endswith("\n") and not text.endswith("\n\n")
    for title in ("## Why", "## What is found", "## What is not found", "## How to silence it"):
        assert f"\n{title}\n" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff⟦⟧]", text)
    for example in rule.examples:
        carets = [line for line, marks in caret_lines(unmarked(example.text)) if marks]
        assert bool(carets) == bool(unmarked(example.text).spans)


def test_the_page_of_a_rule(golden: Golden) -> None:
    golden.check("lint-pages", {f"{rule.code}.md": page(rule) for rule in (LINK, EMPTY, WORDS)})


def test_what_is_known_in_a_word() -> None:
    assert [fix_kind(rule) for rule in (LINK, EMPTY)] == ["safe", "none"]
    assert dict(facts(LINK))["the same elsewhere"] == "`DL9001` of hadolint, `CopyWithLink` of BuildKit"
    assert dict(facts(WORDS))["on by default"] == "no"


def shown(text: str) -> str:
    return "\n".join(line for line, _ in caret_lines(unmarked(text)))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("FROM ⟦a⟧\n", "FROM a\n     ^"),
        ("⟦FROM⟧ ⟦a⟧\n", "FROM a\n^^^^ ^"),
        ("⟦RUN a \\\n  && b⟧\nUSER x\n", "RUN a \\\n^^^^^^^\n  && b\n  ^^^^\nUSER x"),
        ("⟦RUN a⟧\r\n", "RUN a\n^^^^^"),
        ("⟦RUN a\n⟧RUN b\n", "RUN a\n^^^^^\nRUN b"),
        ("RUN a⟦⟧\n", "RUN a\n     ^"),
        ("RUN a\n⟦⟧", "RUN a\n\n^"),
        ("⟦⟧", "\n^"),
        ("⟦⟧RUN a\n", "RUN a\n^"),
        ("\tx ⟦y⟧\n", "\tx y\n\t  ^"),
        ("⟦a ⟦b⟧⟧\n", "a b\n^^^"),
        ("a\n\n⟦\n⟧b\n", "a\n\n\n^\nb"),
        ("a ⟦é⟧ b\n", "a é b\n  ^"),
        ("\x1b⟦\x1b⟧b\x0c⟦c⟧\n", "\\x1b\\x1bb\\x0cc\n    ^^^^     ^"),
        ("plain\n", "plain"),
    ],
)
def test_carets_stand_below_what_is_marked(text: str, lines: str) -> None:
    assert shown(text) == lines


@given(st.text("ab \t\r\n\x1b", max_size=20), st.data())
def test_any_mark_has_a_caret(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    marked = unmarked(f"{text[:start]}⟦{text[start:end]}⟧{text[end:]}")
    assert marked.spans == (Span(start, end),) and marked.text == text
    assert any(marks and "^" in line for line, marks in caret_lines(marked))


def test_files_beside_a_bake_file_are_shown() -> None:
    example = Example("x", "a = ⟦1⟧\n", files={"docker-bake.hcl": "b = 2\n", "e.hcl": ""})
    assert beside(WORDS, example) == [("docker-bake.hcl", ["b = 2"]), ("e.hcl", [])]
    assert beside(LINK, example) == []
    text = page(replace(WORDS, examples=(example,)))
    around = "Beside it `docker-bake.hcl`:\n\n```\nb = 2\n```\n\nBeside it `e.hcl`, empty.\n\nThe file:\n\n"
    assert around + "```text\na = 1\n    ^\n```\n" in text


def test_what_an_example_presumes() -> None:
    example = Example(
        "x",
        "",
        files={"b": "", "a/c": ""},
        ignore="*\n\n!a\n",
        settings={
            "strict_labels": True,
            "labels": {"a.b": "url"},
            "trusted_registries": ("ghcr.io",),
            "buildx": "0.19",
        },
        path="app.Dockerfile",
        changes={"b": 3},
    )
    assert surroundings(LINK, example) == [
        "The file is called `app.Dockerfile`.",
        "In the build context: `a/c`, `b`.",
        "The ignore file has `*`, `!a`.",
        "Changed in git: `b` 3 times.",
        'Configured: `strict-labels = true`, `labels = {"a.b" = "url"}`, `trusted-registries = ["ghcr.io"]`, '
        '`buildx = "0.19"`.',
    ]


def test_a_diff_shows_what_the_fix_changes() -> None:
    before = "".join(f"RUN {number}\n" for number in range(12))
    example = Example("x", before, before.replace("RUN 1\n", "RUN one\n").replace("RUN 10\n", ""))
    lines = fix_diff(example)
    assert lines[:3] == [" RUN 0", "-RUN 1", "+RUN one"]
    assert [line for line in lines if line.startswith("@@")] == ["@@ -8,5 +8,4 @@"]
    assert fix_diff(Example("x", "FROM a\n")) == []
