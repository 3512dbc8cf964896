"""Lines of a shell text: blanks, comments, line ends, redirections and heredocs; the base of `grammar`.

Source: sections 2.3 (token recognition) and 2.7 (redirection) of POSIX.1-2024's Shell Command Language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.shell.syntax import Literal, Redirect, ShellError, Word
from bakegen.shell.wordreader import META, WordReader

if TYPE_CHECKING:
    from bakegen.shell.syntax import Piece

_REDIRECT = re.compile(r"(\d*)(<<-|<<<|<<|<>|<&|<|>>|>\||>&|>)")


class LineReader(WordReader):
    """Reads what stands between words."""

    def __init__(self, text: str, bash: bool) -> None:
        super().__init__(text, bash)
        self.heredocs: list[Redirect] = []

    def blanks(self) -> None:
        """Passes blanks, continued lines and comments."""
        text = self.text
        while self.pos < len(text):
            char = text[self.pos]
            if char in " \t":
                self.pos += 1
            elif text.startswith("\\\n", self.pos):
                self.pos += 2
            elif char == "#":
                # Only where a word could begin: words swallow the others.
                end = text.find("\n", self.pos)
                self.pos = len(text) if end < 0 else end
            else:
                return

    def lines(self) -> None:
        """Passes blanks, comments and line ends."""
        while True:
            self.blanks()
            if not self.text.startswith("\n", self.pos):
                return
            self._line_end()

    def _line_end(self) -> None:
        self.pos += 1
        waiting, self.heredocs = self.heredocs, []
        for redirect in waiting:
            self._read_heredoc(redirect)

    def _read_heredoc(self, redirect: Redirect) -> None:
        pieces = redirect.target.pieces
        if not all(isinstance(piece, Literal) for piece in pieces):
            raise ShellError("the name of a heredoc is not plain", redirect.start)
        name = "".join(piece.text for piece in pieces if isinstance(piece, Literal))
        start = at = self.pos
        while at < len(self.text):
            end = self.text.find("\n", at)
            end = len(self.text) if end < 0 else end
            line = self.text[at:end]
            if (line.lstrip("\t") if redirect.operator == "<<-" else line) == name:
                break
            at = end + 1
        else:
            raise ShellError("a heredoc that is not closed", redirect.start)
        plain = redirect.target.literal is not None
        body = self.body(start, at) if plain else Word((Literal(self.text[start:at], True),), start, at)
        redirect.body = Word(_without_tabs(body.pieces), start, at) if redirect.operator == "<<-" else body
        self.pos = min(end + 1, len(self.text))

    def keyword(self) -> str:
        """The unquoted plain word that begins here, not passed; "" where there is none."""
        end = self.pos
        while end < len(self.text) and self.text[end] not in META:
            if self.text[end] in "'\"\\$`":
                return ""
            end += 1
        return self.text[self.pos : end]

    def expect(self, keyword: str) -> None:
        """Passes a reserved word that must be here."""
        self.lines()
        if self.keyword() != keyword:
            raise ShellError(f"{keyword} is missing", self.pos)
        self.pos += len(keyword)

    def redirect(self) -> Redirect | None:
        """The redirection that begins here; None where none does."""
        found = _REDIRECT.match(self.text, self.pos)
        if found is None:
            if self.text.startswith("&>", self.pos):
                raise ShellError("&> means something else in another shell", self.pos)
            return None
        start = self.pos
        digits, operator = found.groups()
        self.pos = found.end()
        if operator == "<<<" and not self.bash:
            raise ShellError("<<< means something else in another shell", start)
        if self.text.startswith("(", self.pos):
            raise ShellError("a process substitution", start)
        self.blanks()
        target = self.word()
        if target.start == target.end:
            raise ShellError("a redirection without a target", start)
        redirect = Redirect(operator, int(digits) if digits else None, target, None, start, self.pos)
        if operator in ("<<", "<<-"):
            self.heredocs.append(redirect)
        return redirect

    def redirects(self) -> tuple[tuple[Redirect, ...], int]:
        """All redirections from here on, and where the last one ends."""
        found: list[Redirect] = []
        end = self.pos
        while True:
            self.blanks()
            redirect = self.redirect()
            if redirect is None:
                return tuple(found), end
            found.append(redirect)
            end = self.pos


def _without_tabs(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces of a ``<<-`` body without the tabs that lead its lines."""
    found: list[Piece] = []
    leading = True
    for piece in pieces:
        if isinstance(piece, Literal):
            text = re.sub(r"(?<=\n)\t+", "", piece.text)
            found.append(Literal(text.lstrip("\t") if leading else text, piece.quoted))
            leading = piece.text.endswith("\n") or (leading and not piece.text.strip("\t"))
        else:
            found.append(piece)
            leading = False
    return tuple(found)
