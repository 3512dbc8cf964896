"""What a RUN does: its shell text command by command; whatever is not understood makes it a barrier."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Run
from bakegen.effects import programs
from bakegen.effects.interpret import Interpreter
from bakegen.effects.model import COMMON_VARIABLES, CommandEffect, Effect, Tier, opaque
from bakegen.effects.state import State
from bakegen.shell.dialect import dialect
from bakegen.shell.grammar import parse
from bakegen.shell.runtext import run_text
from bakegen.shell.syntax import ShellError

if TYPE_CHECKING:
    from bakegen.dockerfile.steps import Step
    from bakegen.effects.surroundings import Surroundings

_ASKS = frozenset(("user", "directory", "shell"))


def run_effect(step: Step, around: Surroundings) -> Effect:
    """The effect of a RUN.

    Args:
        step: the RUN with values.
        around: what is known before it.
    """
    run = step.command
    assert isinstance(run, Run)
    found, reason = _commands(run, around)
    if reason:
        return replace(opaque(reason, asks=_ASKS), commands=found)
    reads = frozenset(place for one in found for place in one.reads)
    writes = frozenset(place for one in found for place in one.writes)
    variables = COMMON_VARIABLES
    for one in found:
        variables |= one.variables
    return Effect(
        reads=reads,
        writes=writes,
        ensures=frozenset(path for one in found for path in one.ensures),
        variables=variables,
        asks=_ASKS,
        tier=max((one.tier for one in found), default=Tier.FACTS),
        assumes=tuple(dict.fromkeys(what for one in found for what in one.assumes)),
        commands=found,
    )


def _commands(run: Run, around: Surroundings) -> tuple[tuple[CommandEffect, ...], str]:
    if run.devices:
        return (), "it is given a device"
    if run.line.json:
        return (), "the JSON form is not looked into"
    kind = dialect(around.shell)
    if isinstance(kind, str):
        return (), kind
    text = run_text(run)
    try:
        tree = parse(text.text, bash=kind.bash)
    except ShellError as problem:
        return (), problem.reason
    walker = Interpreter(around, text.place, bash=kind.bash)
    walker.run(tree, State(around.directory, errexit=kind.errexit, pipefail=kind.pipefail))
    shell = programs.shell(around.shell[0], around)
    return (CommandEffect(reads=shell), *walker.found), walker.reason
