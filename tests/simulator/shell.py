"""A process in a toy container: runs shell texts and tools on a tree, with its user, directory and variables.

Which tools there are is in `tools` and `installers`.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulator.lexing import commands, expanded, fields, whole
from tests.simulator.tree import Beyond, Failure, Tree, Who, may

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEPTH = 6
SHELLS = ("sh", "bash", "ash", "dash")


@dataclass
class Process:
    """What a running command sees; `heredocs` are those of the RUN by name, `output` what it printed."""

    tree: Tree
    variables: dict[str, str]
    directory: str
    who: Who
    home: str
    heredocs: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    depth: int = 0
    stdin: bytes = b""
    output: bytes = b""
    errexit: bool = False

    def path(self, text: str) -> str:
        """`text` made absolute; not cleaned, as ``..`` behind a link matters."""
        return text if text.startswith("/") else f"{self.directory}/{text}"

    def environment(self) -> dict[str, str]:
        """What a program is given."""
        return {name: value for name, value in self.variables.items() if name in self.exported}

    def glob(self, pattern: str) -> list[str]:
        """The files that a pattern means, relative where it is."""
        if pattern.startswith("/"):
            return self.tree.glob(pattern, self.who)
        found = self.tree.glob(f"{self.directory.rstrip('/')}/{pattern}", self.who)
        return [posixpath.relpath(one, self.directory) for one in found]

    def execute(self, words: list[str], *, in_shell: bool = True) -> int:
        """Runs a program: a tool, or a script. Gives its exit status; raises `Failure` where it cannot be run."""
        name = words[0]
        found = self._find(name)
        if found is None:
            raise Failure(f"{name}: not found")
        data = self.tree.nodes[found].data
        if not data.startswith(b"program "):
            # A text: the kernel runs it by its first line, and where that says nothing a shell does.
            if not data.startswith(b"#!") and not in_shell:
                raise Failure(f"{name}: exec format error")
            return self._script(data.decode("utf-8", "surrogateescape"), words[1:])
        from tests.simulator.tools import TOOLS  # which runs commands of its own through this module

        program = data.split()[1].decode()
        if program in SHELLS:
            return self._interpreter(words[1:])
        tool: Callable[[Process, list[str]], int] | None = TOOLS.get(program)
        if tool is None:
            raise Failure(f"{name}: cannot run")
        return tool(self, words[1:])

    def _find(self, name: str) -> str | None:
        if "/" in name:
            places = [self.path(name)]
        else:
            places = [posixpath.join(at, name) for at in self.variables.get("PATH", "").split(":") if at]
        for place in places:
            try:
                at = self.tree.locate(place, self.who)
            except Failure:
                continue
            node = self.tree.get(at)
            if node is not None and node.kind == "f" and node.mode & 0o111 and may(node, self.who, 1):
                return at
        return None

    def _interpreter(self, words: list[str]) -> int:
        flags = ""
        while words and words[0].startswith("-"):
            flags += words.pop(0)[1:]
        if not words:
            raise Failure("sh: nothing to run")
        if "c" in flags:
            return self.child(errexit="e" in flags).run(words[0])
        text = self.tree.read(self.path(words[0]), self.who).decode("utf-8", "surrogateescape")
        return self._script(text, words[1:], errexit="e" in flags)

    def _script(self, text: str, words: list[str], *, errexit: bool = False) -> int:
        child = self.child(errexit=errexit)
        for index, word in enumerate(words, 1):
            child.variables[str(index)] = word
        status = child.run(text)
        self.output += child.output
        return status

    def child(self, *, errexit: bool = False) -> Process:
        """A process of its own that inherits what is exported."""
        if self.depth > _DEPTH:
            raise Failure("too deep")
        environment = self.environment()
        return Process(
            self.tree,
            environment,
            self.directory,
            self.who,
            self.home,
            self.heredocs,
            set(environment),
            self.depth + 1,
            self.stdin,
            errexit=errexit,
        )

    def run(self, text: str) -> int:
        """Runs a shell text; gives the exit status of the last command."""
        status = 0
        found = commands(text)
        for index, command in enumerate(found):
            if command.joint != ";" and (command.joint == "&&") != (status == 0):
                continue
            try:
                status = self._simple(
                    command.assignments, command.words, command.output, command.append, command.heredoc
                )
            except Beyond:
                raise
            except Failure:
                status = 1
            except _Exit as done:
                return done.status
            last = index + 1 == len(found) or found[index + 1].joint == ";"
            if status and self.errexit and last:
                return status
        return status

    def _simple(
        self,
        assignments: tuple[str, ...],
        words: tuple[str, ...],
        output: str | None,
        append: bool,
        heredoc: str | None,
    ) -> int:
        line = [part for word in words for part in fields(word, self.variables, self.glob)]
        given = dict(assignments_of(assignments, self.variables))
        target = None if output is None else whole(output, self.variables)
        if target is not None and target != "/dev/null" and not append:
            self.tree.write(self.path(target), b"", self.who)
        before, self.output = self.output, b""
        if heredoc is not None:
            body, expand = self.heredocs[heredoc.strip("'\"")]
            self.stdin = (expanded(body, self.variables) if expand else body).encode("utf-8", "surrogateescape")
        try:
            status = self._line(line, given)
        finally:
            written, self.output = self.output, before
        if target is None:
            self.output += written
        elif target != "/dev/null":
            self.tree.write(self.path(target), written, self.who, append=True)
        return status

    def _line(self, line: list[str], given: dict[str, str]) -> int:
        if not line:
            self.variables.update(given)
            return 0
        builtin = _BUILTINS.get(line[0])
        if builtin is not None:
            self.variables.update(given)
            return builtin(self, line[1:])
        if not given:
            return self.execute(line)
        saved, exported = dict(self.variables), set(self.exported)
        self.variables.update(given)
        self.exported |= given.keys()
        try:
            return self.execute(line)
        finally:
            self.variables, self.exported = saved, exported


class _Exit(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


def assignments_of(words: tuple[str, ...], variables: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and values of ``NAME=VALUE`` words."""
    found = []
    for word in words:
        name, _, value = word.partition("=")
        found.append((name, whole(value, variables)))
    return found


def _cd(process: Process, words: list[str]) -> int:
    target = process.path(words[0] if words else process.variables.get("HOME", "/"))
    at = process.tree.locate(target, process.who)
    node = process.tree.get(at)
    if node is None or node.kind != "d" or not may(node, process.who, 1):
        raise Failure(f"cd: {target}")
    process.directory = at
    process.variables["PWD"] = at
    return 0


def _export(process: Process, words: list[str]) -> int:
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            process.variables[name] = value
        process.exported.add(name)
    return 0


def _unset(process: Process, words: list[str]) -> int:
    for word in words:
        process.variables.pop(word, None)
        process.exported.discard(word)
    return 0


def _set(process: Process, words: list[str]) -> int:
    for word in words:
        if word.startswith("-") and "e" in word:
            process.errexit = True
        elif word.startswith("+") and "e" in word:
            process.errexit = False
    return 0


def _exit(process: Process, words: list[str]) -> int:
    raise _Exit(int(words[0]) if words else 0)


def _echo(process: Process, words: list[str]) -> int:
    end = "\n"
    if words and words[0] == "-n":
        words, end = words[1:], ""
    process.output += (" ".join(words) + end).encode("utf-8", "surrogateescape")
    return 0


def _test(process: Process, words: list[str]) -> int:
    if words and words[0] == "!":
        return 0 if _test(process, words[1:]) else 1
    if len(words) == 3 and words[1] in ("=", "!="):
        return 0 if (words[0] == words[2]) == (words[1] == "=") else 1
    if len(words) == 2:
        sign, text = words
        if sign in ("-n", "-z"):
            return 0 if bool(text) == (sign == "-n") else 1
        path = process.path(text)
        node = process.tree.lstat(path, process.who) if sign in ("-L", "-h") else process.tree.stat(path, process.who)
        kinds = {"-e": "dfl", "-f": "f", "-d": "d", "-L": "l", "-h": "l"}
        if sign in kinds:
            return 0 if node is not None and node.kind in kinds[sign] else 1
        if sign == "-x":
            return 0 if node is not None and node.mode & 0o111 and may(node, process.who, 1) else 1
        if sign == "-s":
            return 0 if node is not None and (node.kind == "d" or node.data) else 1
    raise Beyond(f"test: cannot read {words}")


def _bracket(process: Process, words: list[str]) -> int:
    if not words or words[-1] != "]":
        raise Failure("[: no ]")
    return _test(process, words[:-1])


_BUILTINS: dict[str, Callable[[Process, list[str]], int]] = {
    "cd": _cd,
    "export": _export,
    "unset": _unset,
    "set": _set,
    "exit": _exit,
    "echo": _echo,
    "test": _test,
    "[": _bracket,
    "true": lambda process, words: 0,
    ":": lambda process, words: 0,
    "false": lambda process, words: 1,
}
