"""What the shell of a RUN is given: its text, put together as BuildKit does, and the way from there to the source.

Source: dispatchRun in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go: one heredoc alone is the script, others
are put back behind the line.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from bakegen.dockerfile.heredoc import chomped, read_marker
from bakegen.shell.dialect import Dialect, dialect
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.dockerfile.instructions import Run
    from bakegen.dockerfile.syntax import Instruction


@dataclass(frozen=True)
class RunText:
    """A RUN's shell text.

    Attributes:
        text: what follows ``sh -c``; the content of the file for a script with ``#!``.
        node: the instruction.
        script: whether it is run as a file of its own, because it begins with ``#!``.
        pieces: text offset -> where it stands: -1 for the logical line, else the source offset.
    """

    text: str
    node: Instruction
    script: bool
    pieces: tuple[tuple[int, int], ...]

    def place(self, start: int, end: int) -> Span:
        """The source span of ``text[start:end]``."""
        if self.pieces[0][1] < 0 and len(self.pieces) == 1:
            shift = self.node.arguments_start - self.pieces[0][0]
            return self.node.place(start + shift, max(start, end) + shift)
        first = self._offset(start)
        last = self._offset(end - 1) + 1 if end > start else first
        return Span(first, max(first, last))

    def _offset(self, at: int) -> int:
        index = bisect_right(self.pieces, at, key=itemgetter(0)) - 1 if len(self.pieces) > 1 else 0
        start, source = self.pieces[index]
        if source < 0:
            return self.node.offset(self.node.arguments_start + at - start)
        return source + at - start


def run_text(run: Run) -> RunText:
    """The text of a RUN in shell form."""
    node = run.node
    text = run.line.shell or ""
    heredocs = run.heredocs
    if not heredocs:
        return RunText(text, node, False, ((0, -1),))
    if read_marker(text) is not None:
        heredoc = heredocs[0]
        body = chomped(heredoc.body) if heredoc.chomp else heredoc.body
        script = heredoc.body.startswith("#!")
        return RunText(body, node, script, _lines(heredoc.body, heredoc.start, 0, chomp=heredoc.chomp))
    pieces: list[tuple[int, int]] = [(0, -1)]
    for heredoc in heredocs:
        text += "\n"
        pieces.extend(_lines(heredoc.body, heredoc.start, len(text), chomp=False))
        text += heredoc.body
        pieces.append((len(text), heredoc.end))
        text += heredoc.name
    return RunText(text, node, False, tuple(pieces))


def _lines(body: str, source: int, at: int, *, chomp: bool) -> tuple[tuple[int, int], ...]:
    """The beginning of each line of a body in the text and in the source."""
    if not chomp:
        return ((at, source),)
    found = []
    for line in body.splitlines(keepends=True) or [""]:
        kept = line.lstrip("\t")
        found.append((at, source + len(line) - len(kept)))
        at += len(kept)
        source += len(line)
    return tuple(found)


def script_shell(text: str) -> tuple[str, Dialect] | str:
    """The shell that the first line of a script names, with its options; or the reason why it is not understood.

    The kernel gives what follows the program as one argument.
    """
    first = text.split("\n", 1)[0][2:].strip()
    program, _, option = first.partition(" ")
    option = option.strip()
    if program.rpartition("/")[2] == "env" and option:
        program, option = option, ""
    kind = dialect((program, *([option] if option else []), "-c"))
    if " " in program or " " in option or isinstance(kind, str):
        return f"it is a script for {first}"
    return program, kind
