"""`bakegen rule`: which rules words mean, and how they are shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bakegen.cli.main import cli
from bakegen.rules.discovery import rules
from bakegen.rules.reference import index, page
from tests.unit.cli.running import bakegen

if TYPE_CHECKING:
    from pathlib import Path


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["rule", *arguments], standalone_mode=False)
    assert done.exit_code == 0 and done.exception is None, done
    return done.stdout


def test_all_rules_are_listed(tmp_path: Path) -> None:
    done = bakegen(tmp_path, "rule")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split()[:4] == ["RULE", "NAME", "SEVERITY", "FIX"]
    assert [line.split()[0] for line in lines[1:]] == [rule.code for rule in rules()]


@pytest.mark.parametrize("word", ["BK103", "bk103", "from-as-casing", "FromAsCasing", "buildkit:FromAsCasing"])
def test_a_rule_has_many_names(word: str) -> None:
    text = shown(word)
    assert text.startswith("BK103 from-as-casing: ")
    assert "      FROM debian as base\n                  ^^\n" in text
    assert "\n  --fix makes of it\n      -FROM debian as base\n      +FROM debian AS base\n" in text
    assert "      # check=skip=FromAsCasing\n" in text


def test_a_word_may_mean_several() -> None:
    lines = shown("GE").splitlines()
    assert [line.split()[0] for line in lines[1:]] == [rule.code for rule in rules() if rule.code.startswith("GE")]
    assert len(shown("GE001", "BK103").splitlines()) == 3


def test_a_slip_of_the_pen(tmp_path: Path) -> None:
    done = bakegen(tmp_path, "rule", "form-as-casing")
    assert done.returncode == 2
    assert "no rule is called 'form-as-casing'; did you mean 'from-as-casing'?" in done.stderr
    assert "lists all rules" in bakegen(tmp_path, "rule", "\x1b[31mqqqqqqqq").stderr


def test_as_markdown() -> None:
    by_code = {rule.code: rule for rule in rules()}
    assert shown("BK103", "--format", "markdown") == page(by_code["BK103"])
    assert shown("--format", "markdown") == index(rules())


def test_as_json() -> None:
    (found,) = json.loads(shown("BK103", "--format", "json"))
    assert found["name"] == "from-as-casing" and found["twins"] == ["buildkit:FromAsCasing"]
    example = found["examples"][0]
    (place,) = example["found"]
    assert example["text"][place["start"] : place["end"]] == "as"
    assert example["fixed"] == "FROM debian AS base\n" and example["safe"] is True
    assert len(json.loads(shown("--format", "json"))) == len(rules())


def test_every_page_can_be_shown() -> None:
    for rule in rules():
        text = shown(rule.code)
        assert text.startswith(f"{rule.code} {rule.name}: {rule.summary}\n")
        assert "⟦" not in text and "\x1b" not in text
