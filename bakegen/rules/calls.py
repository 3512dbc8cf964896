"""The commands in the RUNs of a Dockerfile, as rules look at them: every call with its words, whatever surrounds it."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.shell.dialect import dialect
from bakegen.shell.grammar import outline
from bakegen.shell.runtext import run_text, script_shell
from bakegen.shell.syntax import (
    AndOr,
    Case,
    For,
    Group,
    If,
    Literal,
    Parameter,
    Pipeline,
    Sequence,
    ShellError,
    Simple,
    Substitution,
    Unsupported,
    While,
    Word,
)
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Run
    from bakegen.shell.runtext import RunText
    from bakegen.shell.syntax import Node
    from bakegen.text import Span

_CARRIERS = frozenset(("exec", "command", "env", "nohup", "time", "nice", "ionice", "chroot", "sudo", "doas"))
_CARRIER_VALUES = {
    "sudo": "-u -g -C -h -p -r -t -U",
    "doas": "-u -C",
    "nice": "-n",
    "env": "-u -C -S",
    "ionice": "-c -n",
}


@dataclass(frozen=True, slots=True)
class ShellWord:
    """A word of a call.

    Attributes:
        text: its text with quotes removed; variables and substitutions in it stand as they are written.
        literal: whether it has none of them, so that `text` is what the program gets.
        span: where it stands in the Dockerfile.
    """

    text: str
    literal: bool
    span: Span


@dataclass(frozen=True)
class ShellCall:
    """One simple command.

    Attributes:
        name: the program without its directory, ``apt-get``; "" where it is not a plain word.
        words: what follows the program.
        program: the word that names it.
        run: the RUN that it stands in (also inside an ONBUILD).
        span: the command in the source, from its first word to its last.
        tree: the simple command; None in the JSON form.
        carrier: the program that starts it (``sudo``), "" where the shell does.
        nested: whether it stands in a substitution ``$(…)``.
        piped: whether its output goes into a pipe.
    """

    name: str
    words: tuple[ShellWord, ...]
    program: ShellWord
    run: Run
    span: Span
    tree: Simple | None = None
    carrier: str = ""
    nested: bool = False
    piped: bool = False

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The words behind the program, as texts."""
        return tuple(word.text for word in self.words)

    def has(self, *options: str) -> bool:
        """Whether one of `options` is given: ``--long`` (also ``--long=value``) or ``-x`` (also ``-qx``)."""
        return self.option(*options) is not None

    def option(self, *options: str) -> ShellWord | None:
        """The first word that gives one of `options`; see `has`."""
        for word in self.words:
            text = word.text
            if text == "--":
                return None
            if not text.startswith("-"):
                continue
            for one in options:
                if text == one or (one.startswith("--") and text.startswith(one + "=")):
                    return word
                if len(one) == 2 and not text.startswith("--") and one[1] in text[1:]:
                    return word
        return None

    def operands(self, *valued: str) -> tuple[ShellWord, ...]:
        """The words that are no options, less the values of the options in `valued` (``-o``, ``--prefix``)."""
        found: list[ShellWord] = []
        waiting = iter(self.words)
        for word in waiting:
            text = word.text
            if text == "--":
                found.extend(waiting)
                break
            if text.startswith("-") and len(text) > 1:
                if text in valued or (len(text) > 2 and text[1] != "-" and f"-{text[-1]}" in valued):
                    next(waiting, None)
                continue
            found.append(word)
        return tuple(found)

    @property
    def sub(self) -> str:
        """The first word that is no option: ``install`` of ``apt-get -y install``; "" without one."""
        return next((word.text for word in self.words if not word.text.startswith("-")), "")


@dataclass(frozen=True)
class RunScript:
    """The shell text of one RUN.

    Attributes:
        run: the instruction.
        onbuild: whether it stands inside an ONBUILD.
        stage: index of its stage.
        shell: the name of the shell that reads it, "" where that is none we understand, or for the JSON form.
        pipefail: whether SHELL or the script's first line has switched that on.
        text: the text, with the way back to the source; None for the JSON form and for other languages.
        tree: the parsed text; None where it cannot be read.
        calls: all simple commands in the order of the text.
    """

    run: Run
    onbuild: bool
    stage: int
    shell: str = ""
    pipefail: bool = False
    text: RunText | None = None
    tree: Sequence | None = None
    calls: tuple[ShellCall, ...] = field(default=())


def read_script(run: Run, shell: tuple[str, ...], stage: int, *, onbuild: bool = False) -> RunScript:
    """What a RUN runs.

    Args:
        run: the instruction.
        shell: the words of the SHELL in force.
        stage: index of its stage.
        onbuild: whether it stands inside an ONBUILD.
    """
    if run.line.json:
        return RunScript(run, onbuild, stage, calls=_json_calls(run))
    kind = dialect(shell)
    text = run_text(run)
    if text.script:
        script = script_shell(text.text)
        kind = script if isinstance(script, str) else script[1]
    if isinstance(kind, str):
        return RunScript(run, onbuild, stage)
    try:
        # What bash adds is read everywhere: many an image's sh is bash, and advice need not be strict.
        tree = outline(text.text, bash=True)
    except ShellError:
        return RunScript(run, onbuild, stage, kind.name, kind.pipefail, text)
    calls = tuple(_Calls(run, text).of(tree))
    return RunScript(run, onbuild, stage, kind.name, kind.pipefail, text, tree, calls)


def _json_calls(run: Run) -> tuple[ShellCall, ...]:
    node = run.node
    words = tuple(ShellWord(word.text, True, node.place(word.start, word.end)) for word in node.json or ())
    return (
        tuple(_carried(ShellCall(_base(words[0].text), words[1:], words[0], run, node.arguments_span))) if words else ()
    )


def _base(program: str) -> str:
    return program.rpartition("/")[2]


def _carried(call: ShellCall) -> Iterator[ShellCall]:
    """A call, and the one that it starts where it is ``sudo`` or the like."""
    yield call
    if call.name not in _CARRIERS:
        return
    valued = _CARRIER_VALUES.get(call.name, "").split()
    words = call.operands(*valued)
    while words and "=" in words[0].text and call.name in ("env", "sudo", "doas"):
        words = words[1:]
    if call.name == "chroot":
        words = words[1:]
    if not words:
        return
    at = call.words.index(words[0])
    name = _base(words[0].text) if words[0].literal else ""
    yield from _carried(
        ShellCall(
            name, call.words[at + 1 :], words[0], call.run, call.span, call.tree, call.name, call.nested, call.piped
        )
    )


class _Calls:
    """Finds the calls of one text."""

    def __init__(self, run: Run, text: RunText) -> None:
        self.run = run
        self.text = text

    def of(self, node: Node, *, nested: bool = False, piped: bool = False) -> Iterator[ShellCall]:
        """All calls in a node."""
        if isinstance(node, Simple):
            yield from self._simple(node, nested, piped)
            return
        for child, into in children(node):
            yield from self.of(child, nested=nested, piped=piped or into)
        for word in _words(node):
            yield from self._inside(word)

    def _simple(self, node: Simple, nested: bool, piped: bool) -> Iterator[ShellCall]:
        if node.words:
            words = tuple(self._word(word) for word in node.words)
            first = words[0]
            span = self.text.place(node.words[0].start, node.words[-1].end)
            name = _base(first.text) if first.literal else ""
            yield from _carried(ShellCall(name, words[1:], first, self.run, span, node, "", nested, piped))
        for word in (*node.words, *(one.value for one in node.assignments), *(one.target for one in node.redirects)):
            yield from self._inside(word)

    def _inside(self, word: Word) -> Iterator[ShellCall]:
        for piece in word.pieces:
            if isinstance(piece, Substitution):
                yield from self.of(piece.body, nested=True)
            elif isinstance(piece, Parameter) and piece.word is not None:
                yield from self._inside(piece.word)

    def _word(self, word: Word) -> ShellWord:
        span = self.text.place(word.start, word.end)
        if all(isinstance(piece, Literal) for piece in word.pieces):
            return ShellWord("".join(piece.text for piece in word.pieces if isinstance(piece, Literal)), True, span)
        raw = self.text.text[word.start : word.end]
        return ShellWord(raw.replace('"', "").replace("'", ""), False, span)


def children(node: Node) -> Iterator[tuple[Node, bool]]:
    """The nodes below one, and whether each feeds a pipe."""
    if isinstance(node, Pipeline):
        yield from ((item, index < len(node.items) - 1) for index, item in enumerate(node.items))
    elif isinstance(node, AndOr):
        yield node.first, False
        yield from ((other, False) for _, other in node.rest)
    elif isinstance(node, Sequence):
        yield from ((item, False) for item in node.items)
    elif isinstance(node, Group | For):
        yield node.body, False
    elif isinstance(node, If):
        for condition, body in node.branches:
            yield condition, False
            yield body, False
        if node.otherwise is not None:
            yield node.otherwise, False
    elif isinstance(node, While):
        yield node.condition, False
        yield node.body, False
    elif isinstance(node, Case):
        yield from ((body, False) for _, body in node.branches)
    elif isinstance(node, Unsupported):
        yield from ((inner, False) for inner in node.inner)


def _words(node: Node) -> Iterator[Word]:
    if isinstance(node, For):
        yield from node.words or ()
    elif isinstance(node, Case):
        yield node.word
