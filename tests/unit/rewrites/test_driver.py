"""The driver: levels, choices, the fixed point, and its checks on what a rewrite really did."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile import read
from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites import checks, driver
from bakegen.rewrites.checks import RewriteFault, edited
from bakegen.rewrites.driver import rewrite, rewrites
from bakegen.rewrites.model import Missing, Proposal, Rewrite
from bakegen.text import Edit, Source, Span
from tests.unit.rewrites.evidence import PLAIN, evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rewrites.driver import Outcome
    from bakegen.rewrites.model import Situation

SINK = 'FROM debian\n# which\nARG SHA\nRUN mkdir /a\nCMD ["x"]\n'


def run(text: str, **more: object) -> Outcome:
    return rewrite(Source("Dockerfile", text), evidence(bases={"debian": PLAIN}), **more)  # type: ignore[arg-type]


def test_it_reaches_a_fixed_point() -> None:
    first = run("FROM debian\nARG A\nARG B\nRUN mkdir /a\nRUN echo $A > /a/x\nRUN echo $B > /a/y\n", strict=True)
    assert len(first.applied) >= 2
    assert run(first.source.text).source.text == first.source.text
    assert not run(first.source.text).applied


def test_only_and_skip() -> None:
    assert run(SINK, only=("sink-arg",)).changed
    assert not run(SINK, only=("sink-env",)).changed
    assert not run(SINK, skip=tuple(one.name for one in rewrites())).changed


def test_a_file_of_another_frontend_is_not_looked_at() -> None:
    found = run("# syntax=example.com/other\nFROM debian\nARG A\nRUN mkdir /a\n")
    assert not found.changed and "example.com/other" in found.refused and not found.diagnostics


def test_what_buildkit_refuses_is_told_and_left_alone() -> None:
    found = run("FROM debian\nARG A\nRUN mkdir /a\nCOPY x\n")
    assert not found.changed and found.refused and found.diagnostics


def test_stages_that_the_last_one_does_not_need_are_rewritten_too() -> None:
    text = "FROM debian AS test\nARG A\nRUN mkdir /a\nFROM debian\nRUN true\n"
    assert run(text).source.text == "FROM debian AS test\nRUN mkdir /a\nARG A\nFROM debian\nRUN true\n"
    two = "FROM debian AS one\nARG A\nRUN mkdir /a\nFROM debian AS two\nARG B\nRUN mkdir /b\n"
    only_first = run(two, target="one").source.text
    assert only_first == "FROM debian AS one\nRUN mkdir /a\nARG A\nFROM debian AS two\nARG B\nRUN mkdir /b\n"


@pytest.mark.parametrize(
    "text", ["", "\n", "# syntax", "FROM", "\ufeffFROM a\n", "ARG A\n", "RUN x\n", "FROM a\nRUN <<E\n"]
)
def test_any_text_comes_back(text: str) -> None:
    assert run(text).source.text == text


def made(*edits: tuple[int, int, str], **more: object) -> Rewrite:
    """A rewrite that does what it is told, once."""

    def propose(situation: Situation) -> Iterator[Proposal]:
        if situation.source.text == SINK:
            found = tuple(Edit(Span(start, end), text) for start, end, text in edits)
            first = Proposal("told", Span(0, 4), found, Tier.SEMANTICS, Equivalence.GRAPH, "so", "much")
            yield replace(first, **more)  # type: ignore[arg-type]

    one = rewrites()[0]
    return replace(one, name="told", propose=propose)


def told(monkeypatch: pytest.MonkeyPatch, rewrite: Rewrite, **more: object) -> Outcome:
    monkeypatch.setattr(driver, "rewrites", lambda: (rewrite,))
    return run(SINK, only=("told",), **more)


AT = {name: SINK.index(name) for name in ("# which", "ARG SHA", "RUN mkdir", "CMD")}


@pytest.mark.parametrize(
    ("edits", "part"),
    [
        (((AT["# which"], AT["ARG SHA"], ""),), "comment '# which' is gone"),
        (((AT["CMD"], len(SINK), ""),), "the command of stage 0"),
        (((AT["CMD"], AT["CMD"] + 3, "CDM"),), "BuildKit would refuse"),
        (((AT["CMD"], AT["CMD"], "FROM x\n"),), "number of stages"),
        (((AT["ARG SHA"], AT["RUN mkdir"], ""),), "build environment of stage 0"),
        (((0, 0, "# escape=`\n"),), "parser directives"),
        (((AT["RUN mkdir"], AT["RUN mkdir"], "RUN <<E\n"),), "BuildKit would refuse"),
    ],
)
def test_a_rewrite_that_does_more_than_it_says_is_caught(
    monkeypatch: pytest.MonkeyPatch, edits: tuple[tuple[int, int, str], ...], part: str
) -> None:
    if "environment" in part:
        edits = ((AT["ARG SHA"], AT["ARG SHA"] + 7, "ARG SHA=1"),)
    with pytest.raises(RewriteFault) as fault:
        told(monkeypatch, made(*edits), strict=True)
    assert part in str(fault.value)
    found = told(monkeypatch, made(*edits))
    assert found.source.text == SINK and not found.applied
    assert any("bakegen's own check" in missing.what for offer in found.offered for missing in offer.missing)


def test_a_change_that_swaps_unnamed_instructions_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    run_line, command = SINK[AT["RUN mkdir"] : AT["CMD"]], SINK[AT["CMD"] :]
    # Named are places between the instructions only, which is how a move of something else would look.
    edits = ((AT["RUN mkdir"], AT["RUN mkdir"], command), (AT["CMD"], len(SINK), ""))
    assert told(monkeypatch, made(*edits), strict=True).changed
    assert run_line


@pytest.mark.parametrize(
    ("tier", "missing", "level", "done"),
    [
        (Tier.FACTS, (), "proved", True),
        (Tier.KNOWLEDGE, (), "proved", False),
        (Tier.KNOWLEDGE, (), "assumed", True),
        (Tier.ADVICE, (), "assumed", False),
        (Tier.FACTS, (Missing("w", "s"),), "proved", False),
        (Tier.FACTS, (Missing("w", "s"),), "assumed", True),
        (Tier.FACTS, (Missing("w", "s", assumable=False),), "assumed", False),
    ],
)
def test_levels(
    monkeypatch: pytest.MonkeyPatch, tier: Tier, missing: tuple[Missing, ...], level: str, done: bool
) -> None:
    one = made((AT["CMD"], AT["CMD"], "LABEL a=b\n"), tier=tier, missing=missing)
    monkeypatch.setattr(checks, "_config_fault", lambda before, after: None)
    found = told(monkeypatch, one, level=level)
    assert found.changed is done
    assert bool(found.offered) is not done


def test_overlapping_edits_are_a_fault() -> None:
    one = Proposal(
        "x", Span(0, 1), (Edit(Span(0, 3), ""), Edit(Span(2, 4), "")), Tier.SEMANTICS, Equivalence.GRAPH, "", ""
    )
    with pytest.raises(RewriteFault):
        edited("abcdef", one)


def test_the_result_is_read_the_same_by_the_model() -> None:
    found = run(SINK, strict=True)
    assert read(found.source).ok
    assert found.applied[0].before == SINK and found.applied[-1].after == found.source.text


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        ("FROM debian\nARG A\nRUN echo $A > /x\n", "ARG A\n", "end"),
        ("FROM debian\nCOPY a /x\nRUN rm /x\n", "COPY a /x\n", "end"),
        ("FROM debian\nRUN mkdir /a\nFROM debian\nRUN mkdir /b\n", "RUN mkdir /a\n", "end"),
    ],
)
def test_an_order_that_matters_is_kept(monkeypatch: pytest.MonkeyPatch, text: str, line: str, place: str) -> None:
    at = text.index(line)

    def propose(situation: Situation) -> Iterator[Proposal]:
        if situation.source.text == text:
            edits = (Edit(Span(at, at + len(line)), ""), Edit(Span(len(text), len(text)), line))
            yield Proposal("told", Span(at, at), edits, Tier.SEMANTICS, Equivalence.GRAPH, "so", "much")

    monkeypatch.setattr(driver, "rewrites", lambda: (replace(rewrites()[0], name="told", propose=propose),))
    with pytest.raises(RewriteFault, match=r"change places|instructions changed|environment"):
        run(text, only=("told",), strict=True)
    assert not run(text, only=("told",)).changed
