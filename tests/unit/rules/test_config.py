"""Which rules and findings a configuration means, down to those that another linter tells apart and we do not."""

from __future__ import annotations

import pytest

from bakegen.diagnostics import Severity
from bakegen.rules.check import check_dockerfile
from bakegen.rules.config import Config, in_globs
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.text import Source

PORT = "FROM scratch\nEXPOSE 80800\n"
WORD = "FROM scratch\nRUM make\n"


def codes(text: str, config: Config, path: str = "Dockerfile") -> list[tuple[str, Severity]]:
    found = check_dockerfile(DockerfileSubject(Source(path, text)), config, path)
    return [(one.rule.code, one.severity) for one in found]


REFUSED = [("GE001", Severity.ERROR)]


@pytest.mark.parametrize("word", ["DL3011", "hadolint:DL3011"])
def test_ignoring_one_name_of_a_rule_leaves_its_other_findings(word: str) -> None:
    assert codes(PORT, Config(ignore=(word,))) == []
    assert codes(WORD, Config(ignore=(word,))) == REFUSED
    assert codes(PORT, Config(per_file=(("a", (word,)),)), "a/Dockerfile") == []
    assert codes(PORT, Config(per_file=(("a", (word,)),)), "b/Dockerfile") == REFUSED


def test_ignoring_a_rule_by_its_own_name_leaves_nothing() -> None:
    assert codes(PORT, Config(ignore=("GE001",))) == codes(WORD, Config(ignore=("refused",))) == []


def test_the_severity_of_one_name_is_that_of_its_findings() -> None:
    config = Config(select=("GE001",), severities={"DL3011": Severity.NOTE})
    assert codes(PORT, config) == [("GE001", Severity.NOTE)]
    assert codes(WORD, config) == REFUSED


def test_the_last_word_about_a_severity_counts() -> None:
    first = Config(select=("GE001",), severities={"DL3011": Severity.NOTE, "GE": Severity.WARNING})
    assert codes(PORT, first) == codes(WORD, first) == [("GE001", Severity.WARNING)]
    second = Config(select=("GE001",), severities={"GE": Severity.WARNING, "DL3011": Severity.NOTE})
    assert codes(PORT, second) == [("GE001", Severity.NOTE)]
    assert codes(WORD, second) == [("GE001", Severity.WARNING)]


def test_a_name_that_is_the_only_one_of_its_tool_means_the_whole_rule() -> None:
    chosen = {one.name for one in Config(ignore=("FromAsCasing",)).chosen("Dockerfile")}
    every = {one.name for one in Config().chosen("Dockerfile")}
    assert every - chosen == {"from-as-casing"}


@pytest.mark.parametrize(
    ("glob", "path", "meant"),
    [
        ("a", "a/b/Dockerfile", True),
        ("*", "a/Dockerfile", True),
        ("*.old", "a/x.old", False),
        ("**/*.old", "x.old", True),
        ("./a/**", "a/b", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a", "ab", False),
    ],
)
def test_globs_of_paths(glob: str, path: str, meant: bool) -> None:
    assert in_globs(path, [glob]) is meant
