"""What a shell knows while it runs a text: directory, variables, options; and what it knows after a command.

Used by `interpret`, which carries a text out on paper, both ways wherever a command may succeed or fail.
"""

from __future__ import annotations

import posixpath
from dataclasses import field, replace
from typing import TYPE_CHECKING, NamedTuple

from bakegen.effects.places import clean
from bakegen.shell.expand import UNKNOWN
from bakegen.shell.syntax import ShellError
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.effects.surroundings import Surroundings, Variables
    from bakegen.shell.expand import Value

_SET_ELSEWHERE = """
    PPID OLDPWD RANDOM LINENO SECONDS SHLVL _ UID EUID GROUPS HOSTNAME OSTYPE HOSTTYPE MACHTYPE OPTIND OPTARG BASHPID
    SRANDOM EPOCHSECONDS EPOCHREALTIME BASH BASHOPTS SHELLOPTS PIPESTATUS DIRSTACK IFS PS1 PS2 PS4 REPLY BASH_SUBSHELL
    FUNCNAME COLUMNS LINES SSH_AUTH_SOCK HTTP_PROXY HTTPS_PROXY FTP_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy
    ftp_proxy no_proxy all_proxy
"""
"""Variables that a shell sets itself, or BuildKit without a word in the Dockerfile (its proxy arguments)."""
_CHANGING = frozenset(_SET_ELSEWHERE.split())


class Variable(NamedTuple):
    """A variable that the text has set: its value, and whether programs see it (None: perhaps)."""

    value: Value
    exported: bool | None


@dataclass(frozen=True, slots=True)
class State:
    """The shell at one moment.

    Attributes:
        directory: as ``cd`` left it, None where it is not known.
        variables: those that the text has set.
        errexit, pipefail: ``set -e``, ``set -o pipefail``.
        plain_umask: whether the umask is still 022.
    """

    directory: str | None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    errexit: bool = False
    pipefail: bool = False
    plain_umask: bool = True

    def having(self, name: str, value: Value, *, exported: bool | None = False) -> State:
        """The state with one variable set."""
        return replace(self, variables={**self.variables, name: Variable(value, exported)})


class Outcome(NamedTuple):
    """The state after success and after failure; None where a command cannot end like that."""

    success: State | None
    failure: State | None


class Scene:
    """Looks variables up: what the text has set, then what the Dockerfile has."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around

    def initial(self, name: str) -> Value:
        """The value of a variable when the text begins."""
        around = self.around
        if name in _CHANGING or name in around.unsure:
            return UNKNOWN
        if name == "HOME":
            return around.home or UNKNOWN
        found = around.environment.get(name)
        if found is None and not around.complete:
            return UNKNOWN  # the base image may set it
        return found

    def look(self, state: State, name: str) -> Value:
        """The value of a variable, or of ``~`` and ``~user``.

        Raises:
            ShellError: it is something that is not followed.
        """
        if name in ("@", "*"):
            raise ShellError("positional parameters", 0)
        if name == "~":
            name = "HOME"
        elif name.startswith("~"):
            home = self.around.base.homes.get(name[1:]) if self.around.base is not None else None
            return home or UNKNOWN
        if name in state.variables:
            return state.variables[name].value
        if name.isdigit():
            return None if name != "0" else UNKNOWN
        if name == "#":
            return "0"
        if name in ("?", "$", "!", "-"):
            return UNKNOWN
        if name == "PWD":
            return state.directory or UNKNOWN
        return self.initial(name)

    def variable(self, state: State, name: str) -> Variable:
        """A variable with whether programs see it."""
        if name in state.variables:
            return state.variables[name]
        found = self.initial(name)
        return Variable(found, None if found is UNKNOWN else found is not None)

    def seen(self, state: State) -> tuple[Variables, frozenset[str]]:
        """The environment that a program started now gets, and which of its variables are not known."""
        values: dict[str, str | None] = {}
        unsure = set(self.around.unsure)
        for name in state.variables:
            variable = state.variables[name]
            first = self.initial(name)
            exported = variable.exported
            if not exported and first is not None:
                # What came with the environment stays exported.
                exported = True if first is not UNKNOWN else None
            unsure.discard(name)
            if exported is None or (exported and variable.value is UNKNOWN):
                unsure.add(name)
                values[name] = None
            elif exported:
                values[name] = variable.value if isinstance(variable.value, str) else None
        return Overlay(values, self.around.environment), frozenset(unsure)

    def merged(self, one: State | None, other: State | None) -> State | None:
        """What is known where either may be the case."""
        if one is None or other is None or one == other:
            return one if other is None else other
        names = {**one.variables, **other.variables}
        variables: dict[str, Variable] = {}
        for name in names:
            first, second = self.variable(one, name), self.variable(other, name)
            variables[name] = Variable(
                first.value if first.value == second.value else UNKNOWN,
                first.exported if first.exported == second.exported else None,
            )
        return State(
            one.directory if one.directory == other.directory else None,
            variables,
            one.errexit and other.errexit,
            one.pipefail and other.pipefail,
            one.plain_umask and other.plain_umask,
        )


@dataclass(frozen=True, slots=True)
class Overlay:
    """Variables on top of others."""

    values: Mapping[str, str | None]
    below: Variables

    def get(self, name: str, /) -> str | None:
        """The value, or None where it is unset or not known."""
        return self.values[name] if name in self.values else self.below.get(name)


def entered(directory: str | None, path: str) -> str | None:
    """The directory after ``cd path``; ``..`` is taken off the text, as ``cd -L`` does."""
    if path.startswith("/"):
        return clean(path)
    return None if directory is None else clean(posixpath.join(directory, path))
