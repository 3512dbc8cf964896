"""hadolint's configuration in our terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.diagnostics import Severity, render_text
from bakegen.rules.hadolint_config import read_hadolint
from bakegen.rules.settings import lint_settings
from bakegen.text import Source

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic


def read(text: str) -> tuple[dict[str, object], list[str]]:
    problems: list[Diagnostic] = []
    given = read_hadolint(Source(".hadolint.yaml", text), problems)
    assert all(one.severity is not Severity.ERROR or one.code.startswith("yaml") for one in problems)
    return dict(given), [render_text(one) for one in problems]


def test_everything_that_its_documentation_names() -> None:
    given, problems = read(
        """\
failure-threshold: info
format: tty
ignored: [DL3000, SC1010]
label-schema: {author: text, contact: email, created: rfc3339, version: semver, git-revision: hash, license: spdx}
no-color: true
no-fail: false
override:
  error: [DL3001]
  warning: [DL3042]
  info: [DL3032]
  style: [DL3015]
strict-labels: true
disable-ignore-pragma: true
trustedRegistries: [docker.io, "*.gcr.io"]
"""
    )
    assert problems == []
    assert given == {
        "fail-on": "note",
        "ignore": ("DL3000", "SC1010"),
        "labels": {
            "author": "text", "contact": "email", "created": "rfc3339", "version": "semver", "git-revision": "hash",
            "license": "spdx",
        },
        "severities": {"DL3001": "error", "DL3042": "warning", "DL3032": "note", "DL3015": "note"},
        "strict-labels": True,
        "pragmas": False,
        "trusted-registries": ("docker.io", "*.gcr.io"),
    }  # fmt: skip
    config = lint_settings(given).config  # type: ignore[arg-type]
    assert config.severities["DL3032"] is Severity.NOTE
    assert (config.fail_on, config.pragmas) == (Severity.NOTE, False)


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "ignored:\n", "override:\n  error:\n"])
def test_files_that_say_nothing(text: str) -> None:
    given, problems = read(text)
    assert problems == []
    assert lint_settings(given) == lint_settings({})  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["info", "style", "ignore", "none"])
def test_thresholds_below_warning_are_one(word: str) -> None:
    assert read(f"failure-threshold: {word}\n")[0] == {"fail-on": "note"}


def test_the_worst_of_several_levels_counts() -> None:
    given = read("override: {error: [DL3008], style: [DL3008, DL3009], warning: [DL3008]}\n")[0]
    assert given == {"severities": {"DL3008": "error", "DL3009": "note"}}


def test_one_registry_may_stand_alone() -> None:
    assert read("trustedRegistries: docker.io\n")[0] == {"trusted-registries": ("docker.io",)}


@pytest.mark.parametrize("text", ["no-fail: true\n", "no-fail: True\nfailure-threshold: error"])
def test_it_may_never_fail(text: str) -> None:
    assert lint_settings(read(text)[0]).never_fails  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ignore: [DL3000]\n", ["yaml:1:1: note", "'ignore'", "did you mean 'ignored'"]),
        ("ignored: DL3000\n", ["yaml:1:10: warning", "a list of codes"]),
        ("ignored: [latest]\n", ["yaml:1:11: warning", "no code of hadolint"]),
        ("override: {warn: [DL3000]}\n", ["yaml:1:12: note", "no level 'warn'"]),
        ("strict-labels: yes\n", ["yaml:1:16: warning", "true or false"]),
        ("failure-threshold: high\n", ["warning", "not 'high'"]),
        ("label-schema: {a: date}\n", ["warning", "no kind of label"]),
        ("[a]\n", ["takes a mapping"]),
    ],
)
def test_what_is_odd_is_said_and_the_rest_counts(text: str, said: list[str]) -> None:
    _, problems = read(text)
    assert len(problems) == 1
    assert all(words in problems[0] for words in said), problems


def test_text_that_is_no_yaml() -> None:
    assert read("a: [\n")[1]
