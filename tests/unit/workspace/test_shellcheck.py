"""shellcheck: what it is given, and where what it says stands in the text and in the Dockerfile."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from bakegen.diagnostics import Severity
from bakegen.rules.check import check_dockerfile
from bakegen.rules.config import Config
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.rules.shellissues import ShellIssue, ShellText
from bakegen.text import Source
from bakegen.workspace import shellcheck as module
from bakegen.workspace.shellcheck import Asker, find_shellcheck, script, shellcheck, shellcheck_identity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PROGRAM = find_shellcheck()
needs_program = pytest.mark.skipif(PROGRAM is None, reason="shellcheck is not installed")


def pretending(folder: Path, answer: str) -> Path:
    """A program that gives one answer, and writes down what it was asked."""
    program = folder / "shellcheck"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\ncat 0.sh >"{folder}/script"\n{answer}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def said(line: int, column: int, end: int, file: str = "0.sh") -> str:
    """A comment as shellcheck writes it."""
    return (
        f'{{"file":"{file}","line":{line},"endLine":{line},"column":{column},"endColumn":{end},"level":"info",'
        f'"code":2086,"message":"Quote it."}}'
    )


def test_what_is_known_stands_before_the_text() -> None:
    text = ShellText("echo $A\n", "ash", ("A", "B", "not a name"))
    assert script(text) == "# shellcheck shell=busybox\nexport A=1 B=1\necho $A\n\n"
    assert script(ShellText("x", "bash")) == "# shellcheck shell=bash\n:\nx\n"


def test_places_are_those_of_the_text(tmp_path: Path) -> None:
    answer = f"""echo '{{"comments":[{said(3, 6, 8)},{said(4, 7, 9)},{said(2, 1, 3)}]}}'; exit 1"""
    asker = Asker(pretending(tmp_path, answer))
    [issues] = asker([ShellText("echo $A\nprint $B\n", "sh")])
    assert [(one.start, one.end) for one in issues] == [(5, 7), (14, 16)]
    assert issues[0] == ShellIssue(5, 7, 2086, "info", "Quote it.")


def test_each_text_is_asked_about_once(tmp_path: Path) -> None:
    asker = Asker(pretending(tmp_path, f"""echo '{{"comments":[{said(3, 1, 2, "1.sh")}]}}'"""))
    one, other = ShellText("a", "sh"), ShellText("b", "sh")
    assert [len(issues) for issues in asker([one, other, one])] == [0, 1, 0]
    assert [len(issues) for issues in asker([other])] == [1]
    assert (tmp_path / "asked").read_text().count("\n") == 1


@pytest.mark.parametrize("answer", ["exit 4", "echo nonsense", "echo []", "echo '{}'", "exec sleep 5"])
def test_no_answer_is_no_issue(tmp_path: Path, answer: str) -> None:
    asker = Asker(pretending(tmp_path, answer), seconds=0.5)
    assert asker([ShellText("a", "sh"), ShellText("b", "sh")]) == [(), ()]


def test_a_program_that_cannot_be_run_is_no_issue(tmp_path: Path) -> None:
    assert Asker(tmp_path / "missing")([ShellText("a", "sh")]) == [()]


def test_one_that_is_not_wanted_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_shellcheck", lambda: None)
    asked = shellcheck.__wrapped__
    assert asked(None) is None
    assert asked(True) is None
    assert shellcheck_identity() == ""
    monkeypatch.setattr(module, "find_shellcheck", lambda: pytest.fail("looked for"))
    assert asked(False) is None
    assert shellcheck_identity(False) == ""


def test_the_one_of_the_environment_comes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("environment", "path"):
        (tmp_path / name).mkdir()
        pretending(tmp_path / name, "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'missing'}:{tmp_path / 'path'}")
    monkeypatch.setattr("sys.executable", str(tmp_path / "environment/python"))
    look = find_shellcheck.__wrapped__
    assert look() == tmp_path / "environment/shellcheck"
    (tmp_path / "environment/shellcheck").chmod(0o644)
    assert look() == tmp_path / "path/shellcheck"
    (tmp_path / "path/shellcheck").unlink()
    assert look() is None


def test_another_program_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = pretending(tmp_path, "exit 1")
    monkeypatch.setattr(module, "find_shellcheck", lambda: program)
    before = shellcheck_identity()
    assert before.startswith(str(program))
    pretending(tmp_path, "exit 10")
    assert shellcheck_identity() != before


def findings(text: str) -> list[tuple[str, str, Severity]]:
    """What the rule finds in a Dockerfile: the code, the marked text, how bad it is."""
    source = Source("Dockerfile", text)
    subject = DockerfileSubject(source, shellcheck=shellcheck())
    found = check_dockerfile(subject, Config(select=("DF299",)))
    return [(one.finding.message[:6], source.slice(one.finding.span), one.severity) for one in found]


@needs_program
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("FROM debian\nRUN echo \\\n  # why\n  $UNKNOWN\n", [("SC2086", "$UNKNOWN", Severity.NOTE)]),
        ("FROM debian\nRUN echo 'ä 😀' $UNKNOWN\n", [("SC2086", "$UNKNOWN", Severity.NOTE)]),
        ("FROM debian\nRUN <<-EOF\n\techo a\n\t\techo $UNKNOWN\nEOF\n", [("SC2086", "$UNKNOWN", Severity.NOTE)]),
        ("FROM debian\nENV A=1\nARG B\nRUN echo $A $B ${HTTP_PROXY}\n", []),
        ("FROM debian\nRUN set -o pipefail\n", [("SC3040", "pipefail", Severity.WARNING)]),
        ("FROM fedora\nRUN set -o pipefail\n", []),
        ("FROM alpine\nRUN set -o pipefail\n", []),
        ('FROM debian\nSHELL ["/bin/bash", "-c"]\nRUN set -o pipefail\n', []),
        ('FROM debian\nRUN ["echo", "$UNKNOWN"]\n', []),
        ("FROM debian\nRUN <<EOF\n#!/bin/sh\necho $UNKNOWN\nEOF\n", [("SC2086", "$UNKNOWN", Severity.NOTE)]),
        ("FROM debian\nRUN <<EOF\n#!/usr/bin/python3\nprint($UNKNOWN)\nEOF\n", []),
        ("FROM debian\nRUN if true; then\n", [("SC1009", "if", Severity.NOTE)]),
        ("FROM debian\nRUN echo $A\nRUN echo $B\n", [("SC2086", "$A", Severity.NOTE), ("SC2086", "$B", Severity.NOTE)]),
    ],
)
def test_the_program_itself(text: str, wanted: Sequence[tuple[str, str, Severity]]) -> None:
    assert findings(text)[: len(wanted) or None] == list(wanted)
