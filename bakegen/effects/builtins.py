"""The commands that a shell carries out itself, as far as they change what it knows; used by `interpret`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.effects.access import Access
from bakegen.effects.model import ALL_NAMES, CommandEffect, Names
from bakegen.effects.state import Outcome, entered
from bakegen.shell.expand import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.effects.call import Call
    from bakegen.effects.execute import Executor
    from bakegen.effects.state import State

    Builtin = Callable[[Executor, State, Call], Outcome]


def _true(_: Executor, state: State, call: Call) -> Outcome:
    return Outcome(state, None)


def _false(_: Executor, state: State, call: Call) -> Outcome:
    return Outcome(None, state)


def _says(_: Executor, state: State, call: Call) -> Outcome:
    """``echo``: writes to its output alone, which does not fail."""
    return Outcome(state, None)


def _may_fail(_: Executor, state: State, call: Call) -> Outcome:
    return Outcome(state, state)


def _exit(walker: Executor, state: State, call: Call) -> Outcome:
    return Outcome(None, None)


def _leave(walker: Executor, state: State, call: Call) -> Outcome:
    """``break`` and ``continue``."""
    if call.arguments:
        walker.refuse(f"{call.name} out of several loops", lost=True)
    walker.left.append((call.name, state))
    return Outcome(None, None)


def _cd(walker: Executor, state: State, call: Call) -> Outcome:
    words = [one for one in call.arguments if one.text not in ("-L", "--")]
    if len(words) > 1 or any(one.text is None or one.text.startswith("-") for one in words):
        walker.refuse("cd to a directory that is not known")
        return Outcome(replace(state, directory=None), state)
    path = words[0].text if words else call.around.home
    if path is None or path == "":
        walker.refuse("cd to a directory that is not known")
        return Outcome(replace(state, directory=None), state)
    variables = Names.of("CDPATH", "OLDPWD", *(() if words else ("HOME",)))
    cdpath = walker.scene.look(state, "CDPATH")
    # Where nothing is known of the base image, that it does not set this one is as sure as anything.
    if not path.startswith(("/", ".")) and (cdpath if cdpath is not UNKNOWN else "CDPATH" in walker.around.unsure):
        walker.refuse("CDPATH is set")
    after = replace(state, directory=entered(state.directory, path))
    access = Access(call)
    if path.startswith("/") or state.directory is not None:
        access.read(path)
    walker.note(replace(access.effect(), variables=variables))
    return Outcome(after, None if path in ("/", ".") else state)


def _export(walker: Executor, state: State, call: Call) -> Outcome:
    if not call.arguments:
        walker.note(CommandEffect(links=(), variables=ALL_NAMES, span=call.span))
    for word in call.arguments:
        text = word.text
        if text is None or text.startswith("-"):
            name, equals, _ = word.prefix.partition("=")
            if text is None and equals and name.isidentifier() and word.single:
                state = state.having(name, UNKNOWN, exported=call.name == "export" or None)
                continue
            walker.refuse(f"{call.name} of a name that is not known", lost=True)
            return Outcome(state, state)
        name, equals, given = text.partition("=")
        before = walker.scene.variable(state, name)
        exported = True if call.name == "export" else before.exported
        state = state.having(name, given if equals else before.value, exported=exported)
    return Outcome(state, None)


def _unset(walker: Executor, state: State, call: Call) -> Outcome:
    for word in call.arguments:
        if word.text == "-v":
            continue
        if word.text is None or word.text.startswith("-"):
            walker.refuse("unset of a name that is not known", lost=True)
            return Outcome(state, state)
        state = state.having(word.text, None, exported=False)
    return Outcome(state, None)


def _set(walker: Executor, state: State, call: Call) -> Outcome:
    words = [word.text for word in call.arguments]
    while words:
        word = words.pop(0)
        if word is None or len(word) < 2 or word[0] not in "-+" or word == "--":
            walker.refuse("set of something else than options", lost=True)
            return Outcome(state, state)
        for letter in word[1:]:
            on = word[0] == "-"
            option = letter
            if letter == "o":
                option = (words.pop(0) if words else None) or ""
            if option in ("e", "errexit"):
                state = replace(state, errexit=on)
            elif option == "pipefail":
                state = replace(state, pipefail=on)
            elif option not in ("u", "x", "v", "nounset", "xtrace", "verbose"):
                walker.refuse(f"set {word[0]}{letter} {option if option != letter else ''}".rstrip(), lost=True)
                return Outcome(state, state)
    return Outcome(state, None)


def _umask(walker: Executor, state: State, call: Call) -> Outcome:
    if call.arguments:
        state = replace(state, plain_umask=[word.text for word in call.arguments] in (["022"], ["0022"]))
    return Outcome(state, None)


def _read(walker: Executor, state: State, call: Call) -> Outcome:
    for word in call.arguments:
        if word.text is None or (word.text.startswith("-") and word.text != "-r"):
            walker.refuse("read with options", lost=True)
            return Outcome(state, state)
        if word.text != "-r":
            state = state.having(word.text, UNKNOWN, exported=None)
    return Outcome(state, state)


def _test(walker: Executor, state: State, call: Call) -> Outcome:
    """``test`` and ``[``: as the programs of these names, but that no program is run."""
    effect = walker.asked(call, state)
    if isinstance(effect, str):
        walker.refuse(f"{call.name}: {effect}")
    else:
        walker.note(replace(effect, span=call.span))
    return Outcome(state, state)


def _command(walker: Executor, state: State, call: Call) -> Outcome:
    """``command`` and ``type``: look a name up, or run what it names."""
    words = list(call.arguments)
    looks = call.name == "type"
    while words and words[0].text in ("-v", "-V", "-p", "--"):
        looks = looks or words[0].text in ("-v", "-V")
        words.pop(0)
    if not words or any(word.text is None or word.text.startswith("-") for word in words[: 1 if not looks else None]):
        walker.refuse(f"{call.name} of a name that is not known", lost=not looks)
        return Outcome(state, state)
    if looks:
        access = Access(call)
        access.runs(*(word.text or "" for word in words))
        walker.note(access.effect())
        return Outcome(state, state)
    inner = replace(call, name=words[0].text or "", arguments=tuple(words[1:]))
    builtin = BUILTINS.get(inner.name)
    if builtin is not None:
        return builtin(walker, state, inner)
    walker.take(inner.name, inner, state)
    return Outcome(state, state)


def _exec(walker: Executor, state: State, call: Call) -> Outcome:
    """``exec``: the last that the text does; only for redirections it is not followed."""
    if not call.arguments or call.arguments[0].text is None or call.arguments[0].text.startswith("-"):
        walker.refuse("exec without a command is not looked into", lost=True)
        return Outcome(state, state)
    walker.take(call.arguments[0].text, replace(call, arguments=call.arguments[1:]), state)
    return Outcome(None, None)


def _unknown(walker: Executor, state: State, call: Call) -> Outcome:
    walker.refuse(f"{call.name} is not looked into", lost=True)
    return Outcome(state, state)


_NOT_FOLLOWED = """
    eval . source trap alias unalias shift local return declare typeset let shopt getopts hash builtin
    enable fc jobs bg fg kill ulimit times history pushd popd dirs mapfile readarray suspend caller compgen complete
    compopt disown help logout bind
"""

BUILTINS: Mapping[str, Builtin] = {
    ":": _true,
    "true": _true,
    "false": _false,
    "echo": _says,
    "printf": _may_fail,
    "pwd": _says,
    "cd": _cd,
    "export": _export,
    "readonly": _export,
    "unset": _unset,
    "set": _set,
    "umask": _umask,
    "exit": _exit,
    "break": _leave,
    "continue": _leave,
    "read": _read,
    "test": _test,
    "[": _test,
    "[[": _test,
    "wait": _may_fail,
    "command": _command,
    "type": _command,
    "exec": _exec,
    **dict.fromkeys(_NOT_FOLLOWED.split(), _unknown),
}
"""What dash, busybox and bash carry out themselves; what only some of them do is not looked into either."""
