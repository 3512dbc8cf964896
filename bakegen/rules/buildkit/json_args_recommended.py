"""Rule BK107: ``CMD node server.js``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Cmd, Entrypoint, Shell
from bakegen.rules.buildkit._walk import carried_out, root
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.resolve import ResolvedStage
    from bakegen.rules.dockerfiles import DockerfileSubject

# Anything that a shell may do more with than to split at blanks and to take quotes off.
_SHELL = re.compile(r"[$`\\;&|<>()*?\[\]{}~#!\n\r]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_BUILTINS = frozenset(
    (
        *(".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "eval", "exit", "export", "false"),
        *("fg", "for", "getopts", "if", "jobs", "local", "read", "readonly", "return", "set", "shift", "source"),
        *("test", "time", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "until", "wait"),
        *("while", "shopt", "declare", "function", "pushd", "popd", "["),
    )
)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    shells: dict[int, bool] = {}
    for done in carried_out(subject, Cmd, Entrypoint, Shell):
        index = done.stage.stage.index
        if index not in shells:
            shells[index] = _inherits_shell(subject, done.stage, shells)
        command = done.step.command
        if isinstance(command, Shell):
            shells[index] = True
        elif isinstance(command, (Cmd, Entrypoint)) and not command.line.json and not shells[index]:
            node = command.node
            yield Finding(
                done.span(node.arguments_span if node.arguments else node.keyword_span),
                f"{command.name} is in shell form: a shell gets the signals of the container, not the program",
                f'write {command.name} ["program", "argument"]',
                done.label(subject),
                _fix(command) if done.own else None,
                twins=() if done.own else ("buildkit:JSONArgsRecommended",),
            )


def _inherits_shell(subject: DockerfileSubject, stage: ResolvedStage, shells: dict[int, bool]) -> bool:
    """Whether the stage begins with a SHELL that a base has set."""
    base = stage.base
    if base is None:
        first = root(stage)
        facts = subject.evidence.bases.get(first.image)
        return facts is not None and bool(facts.shell)
    if base.stage.index in shells:
        return shells[base.stage.index]
    found = any(isinstance(step.command, Shell) for step in base.steps)
    return found or _inherits_shell(subject, base, shells)


def _fix(command: Cmd | Entrypoint) -> Fix | None:
    text = command.line.shell or ""
    node = command.node
    if _SHELL.search(text) or not text or len(node.segments[0] if node.segments else ()) > 1:
        return None
    import json
    import shlex  # only where something is found

    try:
        words = shlex.split(text)
    except ValueError:
        return None
    if words[:1] == ["exec"]:
        words = words[1:]
    if not words or not words[0] or words[0] in _BUILTINS or _ASSIGNMENT.match(words[0]) or words[0].startswith("-"):
        return None
    written = ", ".join(json.dumps(word, ensure_ascii=False) for word in words)
    return Fix(
        (Edit(node.arguments_span, f"[{written}]"),),
        "Write it in JSON form",
        False,
        "the program runs without a shell, as process 1; an ENTRYPOINT then gets the words of CMD as arguments",
    )


RULE = Rule(
    code="BK107",
    name="json-args-recommended",
    summary="Write CMD and ENTRYPOINT in JSON form",
    why=(
        '`CMD node server.js` runs `/bin/sh -c "node server.js"`. The shell is process 1 and gets the signal when the '
        "container is to stop; many shells do not pass it on, so that the program is killed ten seconds later, without "
        "a chance to finish. With ENTRYPOINT in shell form, CMD and the arguments of `docker run` are not passed at "
        'all.\n\n`CMD ["node", "server.js"]` runs the program itself. Variables, `&&` and globs need a shell: write '
        '`CMD ["sh", "-c", "exec node $SCRIPT"]`, which says so, or a SHELL instruction before it, which BuildKit '
        "takes as a sign that it is meant. Some shells (bash, and dash since 0.5.11) replace themselves by the "
        "last command, so that a plain command in shell form does get signals there; the JSON form does not depend on "
        "that.\n\nThe fix is made only where nothing in the text needs a shell. As process 1 a program has to take "
        "care of signals and of orphaned processes itself: `docker run --init` helps those that do not."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A plain command",
            "FROM debian\nENTRYPOINT ⟦/usr/bin/server --port 80⟧\nCMD ⟦exec \"my server\"  'a b'⟧\n",
            'FROM debian\nENTRYPOINT ["/usr/bin/server", "--port", "80"]\nCMD ["my server", "a b"]\n',
            safe=False,
            message="ENTRYPOINT",
        ),
        Example("A command that needs its shell", "FROM debian\nCMD ⟦server --port $PORT⟧\n"),
        Example("An assignment before it", "FROM debian\nCMD ⟦A=1 server⟧\n"),
        Example("Several lines", "FROM debian\nCMD ⟦server \\\n  --port 80⟧\n"),
        Example("What an ONBUILD brings", "FROM debian AS base\nONBUILD CMD server\n⟦FROM base⟧\nUSER nobody\n"),
        Example("JSON form", 'FROM debian\nENTRYPOINT ["server"]\nCMD []\n'),
        Example("A shell that was chosen", 'FROM debian\nSHELL ["/bin/bash", "-c"]\nCMD server --port $PORT\n'),
        Example(
            "A shell that was chosen in the base",
            'FROM debian AS base\nSHELL ["/bin/bash", "-c"]\nFROM base\nCMD server\n',
        ),
        Example("HEALTHCHECK is run by the engine", "FROM debian\nHEALTHCHECK CMD curl http://localhost/\n"),
    ),
    twins=("buildkit:JSONArgsRecommended", "hadolint:DL3025"),
    words=("cmd", "entrypoint"),
    links=("https://docs.docker.com/reference/build-checks/json-args-recommended/",),
)
