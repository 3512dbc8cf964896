"""Every rewrite's examples: each is its documentation and its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile import read
from bakegen.rewrites.driver import rewrites
from bakegen.text import Source
from tests.unit.rewrites.evidence import run_example

if TYPE_CHECKING:
    from bakegen.rewrites.model import Example, Rewrite

CASES = [
    pytest.param(rewrite, example, id=f"{rewrite.name}: {example.title}")
    for rewrite in rewrites()
    for example in rewrite.examples
]


@pytest.mark.parametrize(("rewrite", "example"), CASES)
def test_example(rewrite: Rewrite, example: Example) -> None:
    outcome = run_example(rewrite.name, example)
    offers = [missing.what for offer in outcome.offered for missing in offer.missing]
    if example.after is None:
        assert outcome.source.text == example.before
        if example.missing:
            assert any(example.missing in one for one in offers), offers
        return
    assert outcome.source.text == example.after
    again = run_example(rewrite.name, example, text=outcome.source.text)
    assert again.source.text == outcome.source.text, "a second run changes more"
    assert all(one.proposal.rewrite == rewrite.name and one.proposal.gain for one in outcome.applied)


@pytest.mark.parametrize("rewrite", rewrites(), ids=lambda one: one.name)
def test_examples_are_enough(rewrite: Rewrite) -> None:
    changing = [example for example in rewrite.examples if example.after is not None]
    assert len(changing) >= 3
    assert len(rewrite.examples) - len(changing) >= 3
    titles = [example.title for example in rewrite.examples]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("rewrite", rewrites(), ids=lambda one: one.name)
def test_it_says_what_it_is(rewrite: Rewrite) -> None:
    assert rewrite.summary.endswith(".") and len(rewrite.summary) <= 120
    assert len(rewrite.why) > 80


def test_names_and_order_are_unique() -> None:
    found = rewrites()
    assert len({one.name for one in found}) == len(found)
    assert len({one.order for one in found}) == len(found)


@pytest.mark.parametrize(("rewrite", "example"), CASES)
def test_the_result_is_read(rewrite: Rewrite, example: Example) -> None:
    if example.after is not None:
        assert read(Source("Dockerfile", example.after)).ok
