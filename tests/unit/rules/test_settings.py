"""What files say about linting: every key, and every way to get one wrong, with its place."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.diagnostics import Severity, render_text
from bakegen.rules.settings import LintSettings, lint_settings, read_lint_toml
from bakegen.rules.settings_keys import KEYS
from bakegen.rules.settings_reference import reference_text
from bakegen.text import Source

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic

PAGE = Path(__file__).parents[3] / "bakegen/docs/reference/lint.md"


def settings(text: str, path: str = ".bakegen.toml") -> LintSettings:
    problems: list[Diagnostic] = []
    found = read_lint_toml(Source(path, text), problems)
    assert problems == []
    assert found is not None
    return lint_settings(found)


def problems(text: str, path: str = ".bakegen.toml") -> list[str]:
    found: list[Diagnostic] = []
    read_lint_toml(Source(path, text), found)
    return [render_text(one) for one in found]


def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_text()


@pytest.mark.parametrize("key", KEYS.values(), ids=lambda key: key.name)
def test_each_example_is_toml_of_its_key(key: object) -> None:
    from bakegen.rules.settings_keys import Key

    assert isinstance(key, Key)
    assert list(tomllib.loads(key.example)) == [key.name]
    found = problems(f"[lint]\n{key.example}\n")
    assert not [one for one in found if "there is no rule" not in one and "no rule stands for" not in one]


def test_everything_at_once() -> None:
    found = settings(
        """\
[lint]
select = ["GE"]
extend-select = ["from-as-casing"]
ignore = ["GE002"]
severity = "warning"
fail-on = "error"
severities = {GE001 = "warning", GE003 = "off"}
exclude = ["vendor"]
baseline = "known.json"
pragmas = false
shellcheck = false
trusted-registries = ["docker.io"]
strict-labels = true
ephemeral = true
trusted = false
buildx = "0.19"
project = "shop"
[lint.per-file-ignores]
"tests/**" = ["GE001"]
[lint.labels]
"org.opencontainers.image.source" = "url"
"""
    )
    config = found.config
    assert (config.select, config.extend) == (("GE",), ("from-as-casing",))
    assert config.ignore == ("GE002", "GE003")
    assert config.severities == {"GE001": Severity.WARNING}
    assert (config.severity, config.fail_on, config.pragmas) == (Severity.WARNING, Severity.ERROR, False)
    assert config.per_file == (("tests/**", ("GE001",)),)
    assert config.settings.labels == {"org.opencontainers.image.source": "url"}
    assert config.settings.trusted_registries == ("docker.io",)
    assert (config.settings.ephemeral, config.settings.trusted) == (True, False)
    assert (config.settings.buildx, config.settings.project, config.settings.strict_labels) == ("0.19", "shop", True)
    assert (found.exclude, found.baseline, found.shellcheck) == (("vendor",), "known.json", False)
    assert [rule.code for rule in config.chosen("tests/a/Dockerfile") if rule.code.startswith("GE")] == []


def test_it_stands_in_a_pyproject_file_among_others() -> None:
    found = settings('[tool.other]\nselect = 1\n[tool.bakegen.lint]\nfail-on = "never"\n', "a/pyproject.toml")
    assert found.never_fails
    assert read_lint_toml(Source("pyproject.toml", "[tool.bakegen]\nregistry = 'x'\n"), []) is None
    assert read_lint_toml(Source("pyproject.toml", "[tool.other]\n"), []) is None


def test_a_broken_pyproject_file_of_others_is_not_our_matter() -> None:
    assert problems("[tool.bakegen\n", "pyproject.toml") == []
    assert len(problems("[tool.bakegen.lint]\nselect = [\n", "pyproject.toml")) == 1


def test_nothing_said_is_the_default() -> None:
    assert settings("[lint]\n") == LintSettings(lint_settings({}).config)
    assert not lint_settings({}).never_fails


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lint]\nignor = []\n", ["toml:2:1", "has no key 'ignor'", "did you mean 'ignore'", "^^^^^"]),
        ("[lint]\nfail_on = 'error'\n", ["toml:2:1", "did you mean 'fail-on'"]),
        ("[lnt]\n", ["toml:1:2", "did you mean 'lint'"]),
        ("lint = 3\n", ["toml:1:8", "`lint` takes a table, not 3"]),
        ("[lint]\nselect = 'GE001'\n", ["toml:2:10", "`select` takes a list of rules, not the text 'GE001'"]),
        ("[lint]\nignore = [\n  'GE001',\n  'GE00I',\n]\n", ["toml:4:3", "there is no rule 'GE00I'", "did you mean"]),
        ("[lint]\nignore = [3]\n", ["toml:2:11", "not 3"]),
        ("[lint]\nextend-select = ['DL9999']\n", ["toml:2:18", "warning", "no rule stands for DL9999"]),
        ("[lint]\nseverity = 'warn'\n", ["toml:2:12", "one of error, warning, note", "did you mean 'warning'"]),
        ("[lint]\nseverities = {GE001 = 'bad'}\n", ["toml:2:23", "not 'bad'"]),
        ("[lint]\nseverities = {nothing-such = 'off'}\n", ["toml:2:15", "there is no rule 'nothing-such'"]),
        ("[lint.per-file-ignores]\n'a' = 'GE001'\n", ["toml:2:7", "'a'", "a list of rules"]),
        ("[lint]\nstrict-labels = 'true'\n", ["toml:2:17", "takes true or false, not the text 'true'"]),
        ("[lint]\nbuildx = 0.19\n", ["toml:2:10", "takes a text, not 0.19"]),
        ("[lint]\nbuildx = 'new'\n", ["toml:2:10", "is no version"]),
        ("[lint]\nlabels = {a = 'date'}\n", ["toml:2:15", "text, url, rfc3339"]),
        ("[lint]\nselect = [\n", ["not TOML"]),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: list[str]) -> None:
    found = problems(text)
    assert len(found) == 1, found
    assert all(words in found[0] for words in said), found[0]


def test_codes_of_shellcheck_are_words_though_no_rule_has_them() -> None:
    assert settings("[lint]\nignore = ['SC2086', 'shellcheck:SC1091']\n").config.ignore


@given(st.text(max_size=80), st.sampled_from(list(KEYS)))
def test_any_text_can_be_read(text: str, key: str) -> None:
    for whole in (text, f"[lint]\n{key} = {text}\n"):
        read_lint_toml(Source(".bakegen.toml", whole), [], anywhere=True)
