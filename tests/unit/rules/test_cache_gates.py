"""What cache rules ask before a costly proof never keeps them from what the proof would find."""

from __future__ import annotations

import pytest

from bakegen.effects.builtins import BUILTINS
from bakegen.effects.commands import models
from bakegen.effects.programs import SHELLS
from bakegen.rules.cache._understood import SHELL, may_be_understood
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.text import Source

LINES = sorted({one.line for model in models().values() for one in model.EXAMPLES if not one.barrier})


def test_all_that_a_shell_does_itself_is_known() -> None:
    assert set(BUILTINS) | set(SHELLS) <= SHELL


@pytest.mark.parametrize("line", LINES)
def test_a_run_that_is_understood_may_be(line: str) -> None:
    if "\n" in line:
        line = "<<END\n" + line + "\nEND"
    subject = DockerfileSubject(Source("Dockerfile", f"FROM debian\nRUN {line}\n"))
    assert all(may_be_understood(subject, script.run) for script in subject.scripts)
