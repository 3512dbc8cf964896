"""What a RUN does: its shell text command by command; whatever is not understood makes it a barrier."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from bakegen.dockerfile.expand import ExpandError, variables_of
from bakegen.dockerfile.instructions import Run
from bakegen.effects import programs
from bakegen.effects.access import locate
from bakegen.effects.call import Argument, Call
from bakegen.effects.execute import of_variables
from bakegen.effects.interpret import Interpreter
from bakegen.effects.model import ALL_NAMES, COMMON_VARIABLES, CommandEffect, Effect, Names, Tier, opaque
from bakegen.effects.mounting import mounted
from bakegen.effects.places import entry
from bakegen.effects.state import State
from bakegen.shell.dialect import Dialect, dialect
from bakegen.shell.grammar import parse
from bakegen.shell.runtext import run_text, script_shell
from bakegen.shell.syntax import ShellError

if TYPE_CHECKING:
    from bakegen.dockerfile.steps import Step
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.places import Place
    from bakegen.effects.surroundings import Surroundings

_ELSEWHERE = "/directory-that-is-not-known"


def run_effect(step: Step, around: Surroundings) -> Effect:
    """The effect of a RUN.

    Args:
        step: the RUN with values.
        around: what is known before it.

    Returns:
        Its effect; a barrier keeps the commands that are understood in `Effect.commands`.
    """
    run = step.command
    assert isinstance(run, Run)
    values = [value for mount in run.mounts for _, value in mount.fields if value is not None]
    over = mounted(step.mounts, around)
    commands, reason = _commands(run, over.around)
    found = tuple(over.visible(one) for one in commands)
    asks = {"user", "directory", "shell"}
    if run.line.json:
        asks.discard("shell")
    if not reason and not all(around.sure(value) for value in values):
        reason = "a mount that the command line decides"
    if reason:
        return replace(opaque(reason, asks=frozenset(asks)), commands=found)
    variables = COMMON_VARIABLES | _expanded(values)
    for one in found:
        variables |= one.variables
    return Effect(
        reads=frozenset(place for one in found for place in one.reads) | _started(run, around),
        writes=frozenset(place for one in found for place in one.writes),
        ensures=frozenset(path for one in found for path in one.ensures),
        variables=variables,
        asks=frozenset(asks),
        tier=max((one.tier for one in found), default=Tier.FACTS),
        assumes=tuple(dict.fromkeys(what for one in found for what in one.assumes)),
        variables_tier=max((of_variables(one)[0] for one in found), default=Tier.FACTS),
        variables_assume=tuple(dict.fromkeys(what for one in found for what in of_variables(one)[1])),
        commands=found,
        anywhere=cache(lambda: _commands(run, over.around.altered(directory=_ELSEWHERE)) == (commands, reason)),
    )


def _expanded(values: list[str]) -> Names:
    """The variables in the values of mounts, which BuildKit expands."""
    found: set[str] = set()
    for value in values:
        try:
            found |= variables_of(value)
        except ExpandError:
            return ALL_NAMES
    return Names(frozenset(found))


def _started(run: Run, around: Surroundings) -> frozenset[Place]:
    """What is looked at before any command: the shell, and the user where a name or HOME is looked up."""
    found: set[Place] = set()
    if not run.line.json:
        text = run_text(run)
        script = script_shell(text.text) if text.script else None
        found |= programs.shell(script[0] if isinstance(script, tuple) else around.shell[0], around)
    named = not around.user.partition(":")[0].isdigit() and around.user != ""
    if named or ":" in around.user or around.environment.get("HOME") is None:
        found |= {entry("/etc/passwd"), entry("/etc/group")}
    return frozenset(found)


def _commands(run: Run, around: Surroundings) -> tuple[tuple[CommandEffect, ...], str]:
    """The commands of a RUN as far as they are understood, and why one of them is not."""
    if run.devices:
        return (), "it is given a device"
    if run.line.json:
        return _words(run, around)
    kind = dialect(around.shell)
    if isinstance(kind, str):
        return (), kind
    text = run_text(run)
    if text.text.startswith(("-", "+")):
        return (), "the shell may take it for an option"
    if text.script:
        script = script_shell(text.text)
        if isinstance(script, str):
            return (), script
        kind = script[1]
    if kind.bash and (around.environment.get("BASH_ENV") is not None or "BASH_ENV" in around.unsure):
        return (), "BASH_ENV makes bash run another file first"
    try:
        tree = parse(text.text, bash=kind.bash)
    except ShellError as problem:
        return (), problem.reason
    walker = Interpreter(around, text.place, bash=kind.bash)
    walker.run(tree, _start(around, kind))
    return tuple(walker.found), walker.reason


def _start(around: Surroundings, kind: Dialect) -> State:
    return State(_directory(around), errexit=kind.errexit, pipefail=kind.pipefail)


def _words(run: Run, around: Surroundings) -> tuple[tuple[CommandEffect, ...], str]:
    """The JSON form: one program, without a shell."""
    node = run.node
    assert node.json is not None
    words = [Argument(word.text, node.place(word.start, word.end)) for word in node.json]
    if not words or not words[0].text:
        return (), "it has no command"
    walker = Interpreter(around, node.place)
    call = Call("", tuple(words[1:]), around, node.arguments_span)
    walker.take(words[0].text, call, State(_directory(around)))
    return tuple(walker.found), walker.reason


def _directory(around: Surroundings) -> str | None:
    """The directory as the kernel has it: the shell starts with that one, links followed."""
    return locate(around, ".")[0] if around.directory_sure else None
