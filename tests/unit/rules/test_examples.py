"""Every rule's examples: each is its documentation and its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile import read
from bakegen.rules.discovery import rules
from bakegen.rules.example_text import unmarked
from bakegen.rules.fixing import fix_dockerfile, fix_other
from bakegen.rules.model import Kind
from bakegen.text import Source
from tests.unit.rules.examples import LOOKS, dockerfile_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.fixing import Fixed
    from bakegen.rules.model import Example, Result, Rule

CASES = [
    pytest.param(rule, example, id=f"{rule.code} {rule.name}: {example.title}")
    for rule in rules()
    for example in rule.examples
]
FIXED = [case for case in CASES if case.values[1].fixed is not None]  # type: ignore[union-attr]
RULES = [pytest.param(rule, id=f"{rule.code} {rule.name}") for rule in rules()]


def fix(rule: Rule, example: Example, text: str, *, unsafe: bool) -> Fixed:
    """The text after the fixes of one rule."""
    source = Source(example.path or "Dockerfile", text)
    if rule.kind is not Kind.DOCKERFILE:
        return fix_other(source, lambda one: LOOKS[rule.kind](rule, example, one.text), unsafe=unsafe)

    def look(one: Source) -> tuple[DockerfileSubject, Sequence[Result]]:
        return dockerfile_subject(example, one.text), LOOKS[rule.kind](rule, example, one.text)

    return fix_dockerfile(source, look, unsafe=unsafe)


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_it_finds_just_what_is_marked(rule: Rule, example: Example) -> None:
    marked = unmarked(example.text)
    found = LOOKS[rule.kind](rule, example, marked.text)
    shown = [(one.rule.code, marked.text[one.finding.span.start : one.finding.span.end]) for one in found]
    assert [one.finding.span for one in found] == list(marked.spans), shown
    assert all(one.rule.code == rule.code for one in found), shown
    if example.message:
        assert example.message in found[0].finding.message


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_the_fix_does_what_is_shown(rule: Rule, example: Example) -> None:
    marked = unmarked(example.text)
    made = fix(rule, example, marked.text, unsafe=True)
    assert made.refused == ()
    assert made.source.text == (marked.text if example.fixed is None else example.fixed)
    safely = fix(rule, example, marked.text, unsafe=False)
    assert safely.source.text == (example.fixed if example.fixed is not None and example.safe else marked.text)


@pytest.mark.parametrize(("rule", "example"), FIXED)
def test_nothing_to_fix_is_left(rule: Rule, example: Example) -> None:
    assert example.fixed is not None
    left = LOOKS[rule.kind](rule, example, example.fixed)
    assert not [one for one in left if one.finding.fix is not None]
    assert fix(rule, example, example.fixed, unsafe=True).source.text == example.fixed
    if rule.kind is Kind.DOCKERFILE:
        assert read(Source("Dockerfile", example.fixed)).ok


@pytest.mark.parametrize("rule", RULES)
def test_it_says_what_it_is(rule: Rule) -> None:
    assert rule.code[:2].isupper() and rule.code[2:].isdigit() and len(rule.code) == 5
    assert rule.name == rule.name.lower() and " " not in rule.name and "_" not in rule.name
    assert 10 <= len(rule.summary) <= 100 and not rule.summary.endswith(".")
    assert len(rule.why) > 60
    assert all(word == word.lower() and word for word in rule.words)
    assert all(twin.partition(":")[0] in ("hadolint", "buildkit", "shellcheck") and ":" in twin for twin in rule.twins)


@pytest.mark.parametrize("rule", RULES)
def test_examples_are_enough(rule: Rule) -> None:
    texts = [unmarked(example.text) for example in rule.examples]
    assert any(one.spans for one in texts)
    assert len([one for one in texts if not one.spans]) >= 2
    titles = [example.title for example in rule.examples]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("rule", RULES)
def test_words_leave_no_example_out(rule: Rule) -> None:
    for example in rule.examples:
        marked = unmarked(example.text)
        if marked.spans and rule.words:
            assert any(word in marked.text.lower() for word in rule.words)


def test_codes_and_names_are_unique() -> None:
    found = rules()
    assert len({rule.code for rule in found}) == len(found)
    assert len({rule.name for rule in found}) == len(found)
