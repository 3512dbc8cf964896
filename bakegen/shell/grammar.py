"""A shell text into a tree: lists, pipelines, compound and simple commands, redirections, heredocs.

Reads what POSIX has and refuses what bash adds, where the shell may be another. `agreement` then compares the tree
with that of another parser. Source: section 2.10 (grammar) of POSIX.1-2024's Shell Command Language.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.shell.lines import LineReader
from bakegen.shell.syntax import (
    AndOr,
    Assignment,
    Case,
    For,
    Group,
    If,
    Pipeline,
    Redirect,
    Sequence,
    ShellError,
    Simple,
    Unsupported,
    While,
    Word,
)
from bakegen.shell.wordreader import META

if TYPE_CHECKING:
    from bakegen.shell.syntax import Node

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_BASH_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\+=|\[[^]]*\]\+?=)")
_TEST_OPERATOR = re.compile(r"&&|\|\||[()<>]")
_NO_UTF8 = re.compile("[\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CLOSERS = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}"))
_NOT_FOLLOWED = frozenset(("function", "select", "coproc", "time", "[["))


@lru_cache(maxsize=1024)
def parse(text: str, *, bash: bool = False) -> Sequence:
    """The tree of a whole text.

    Args:
        text: the shell text.
        bash: whether bash reads it, so that what bash adds to POSIX counts.

    Raises:
        ShellError: it is not understood.
    """
    from bakegen.shell.agreement import disagreement  # with the other parser, which takes a while to load

    tree = outline(text, bash=bash)
    different = disagreement(text, tree)
    if different is not None:
        raise ShellError("two parsers of shell texts do not agree on it", different)
    return tree


@lru_cache(maxsize=1024)
def outline(text: str, *, bash: bool = False) -> Sequence:
    """The tree of a whole text as this grammar alone reads it: enough for advice, not for a proof.

    Takes and raises what `parse` does.
    """
    if _NO_UTF8.search(text) is not None:
        raise ShellError("it has bytes that are not UTF-8", 0)
    return _Grammar(text, bash).whole()


class _Grammar(LineReader):
    def whole(self) -> Sequence:
        found = self._list()
        if self.pos < len(self.text):
            raise ShellError(f"an unexpected {self.text[self.pos]!r}", self.pos)
        if self.heredocs:
            raise ShellError("a heredoc without its body", self.pos)
        return found

    def substitution(self, close: str) -> Sequence:
        waiting, self.heredocs = self.heredocs, []
        if close:
            found = self._list()
            self._close(close)
            if self.heredocs:
                raise ShellError("a heredoc without its body", self.pos)
        else:
            found = self.whole()
        self.heredocs = waiting
        return found

    # --- lists

    def _list(self) -> Sequence:
        """Commands up to a closing word, parenthesis or ``;;``, which is not passed."""
        items: list[Node] = []
        self.lines()
        start = end = self.pos
        while self.pos < len(self.text):
            char = self.text[self.pos]
            if char == ")" or self.text.startswith(";;", self.pos):
                break
            if self.keyword() in _CLOSERS:
                break
            item = self._and_or()
            self.blanks()
            if self.text.startswith("&", self.pos):
                item = Unsupported("a command in the background", item.start, item.end, (item,))
                self.pos += 1
            elif self.text.startswith(";", self.pos) and not self.text.startswith(";;", self.pos):
                self.pos += 1
            elif self.pos < len(self.text) and self.text[self.pos] not in "\n);":
                raise ShellError(f"an unexpected {self.text[self.pos]!r}", self.pos)
            items.append(item)
            end = item.end
            self.lines()
        return Sequence(tuple(items), start, max(start, end))

    def _filled(self) -> Sequence:
        found = self._list()
        if not found.items:
            raise ShellError("a command is missing", self.pos)
        return found

    def _and_or(self) -> Node:
        first = self._pipeline()
        rest: list[tuple[str, Node]] = []
        while True:
            self.blanks()
            operator = self.text[self.pos : self.pos + 2]
            if operator not in ("&&", "||"):
                break
            self.pos += 2
            self.lines()
            rest.append((operator, self._pipeline()))
        return AndOr(first, tuple(rest), first.start, rest[-1][1].end) if rest else first

    def _pipeline(self) -> Node:
        self.blanks()
        start = self.pos
        negated = self.keyword() == "!"
        if negated:
            self.pos += 1
            self.blanks()
            if self.keyword() == "!":
                raise ShellError("! twice", self.pos)
        items = [self._command()]
        while True:
            self.blanks()
            if not self.text.startswith("|", self.pos) or self.text.startswith("||", self.pos):
                break
            if self.text.startswith("|&", self.pos):
                raise ShellError("|& means something else in another shell", self.pos)
            self.pos += 1
            self.lines()
            items.append(self._command())
        if len(items) == 1 and not negated:
            return items[0]
        return Pipeline(tuple(items), negated, start, items[-1].end)

    # --- commands

    def _command(self) -> Node:
        self.blanks()
        start = self.pos
        if self.text.startswith("((", start):
            raise ShellError("(( means something else in another shell", start)
        keyword = self.keyword()
        if self.text.startswith("(", start):
            self.pos += 1
            body = self._filled()
            self._close(")")
            return self._group(body, True, start)
        if keyword == "{":
            self.pos += 1
            body = self._filled()
            self.expect("}")
            return self._group(body, False, start)
        if keyword == "if":
            return self._if(start)
        if keyword in ("while", "until"):
            return self._while(start, keyword)
        if keyword == "for":
            return self._for(start)
        if keyword == "case":
            return self._case(start)
        if keyword in _NOT_FOLLOWED:
            if keyword == "[[" and self.bash:
                return self._double_brackets(start)
            raise ShellError(f"{keyword} is not looked into", start)
        if keyword in _CLOSERS or keyword in ("in", "!"):
            raise ShellError(f"an unexpected {keyword}", start)
        return self._simple(start)

    def _close(self, char: str) -> None:
        self.lines()
        if not self.text.startswith(char, self.pos):
            raise ShellError(f"{char} is missing", self.pos)
        self.pos += 1

    def _group(self, body: Sequence, subshell: bool, start: int) -> Group:
        redirects, end = self.redirects()
        return Group(body, subshell, redirects, start, end)

    def _if(self, start: int) -> If:
        branches = []
        otherwise = None
        self.pos += 2
        while True:
            condition = self._filled()
            self.expect("then")
            branches.append((condition, self._filled()))
            self.lines()
            keyword = self.keyword()
            self.pos += len(keyword)
            if keyword == "else":
                otherwise = self._filled()
                self.expect("fi")
            elif keyword == "elif":
                continue
            elif keyword != "fi":
                raise ShellError("fi is missing", self.pos)
            redirects, end = self.redirects()
            return If(tuple(branches), otherwise, redirects, start, end)

    def _body(self) -> Sequence:
        self.expect("do")
        body = self._filled()
        self.expect("done")
        return body

    def _while(self, start: int, keyword: str) -> While:
        self.pos += len(keyword)
        condition = self._filled()
        body = self._body()
        redirects, end = self.redirects()
        return While(condition, body, keyword == "until", redirects, start, end)

    def _for(self, start: int) -> For:
        self.pos += 3
        self.blanks()
        name = _NAME.match(self.text, self.pos)
        if name is None or name.group() != self.keyword():
            raise ShellError("this for is not looked into", self.pos)
        self.pos = name.end()
        self.lines()
        words: tuple[Word, ...] | None = None
        if self.keyword() == "in":
            self.pos += 2
            words = self._words()
        self.blanks()
        if self.text.startswith(";", self.pos):
            self.pos += 1
        body = self._body()
        redirects, end = self.redirects()
        return For(name.group(), words, body, redirects, start, end)

    def _words(self) -> tuple[Word, ...]:
        found: list[Word] = []
        while True:
            self.blanks()
            if self.pos >= len(self.text) or self.text[self.pos] in "\n;":
                return tuple(found)
            if self.text[self.pos] in META:
                raise ShellError(f"an unexpected {self.text[self.pos]!r}", self.pos)
            found.append(self.word())

    def _case(self, start: int) -> Case:
        self.pos += 4
        self.blanks()
        word = self.word()
        if word.start == word.end:
            raise ShellError("this case is not looked into", start)
        self.expect("in")
        branches: list[tuple[tuple[Word, ...], Sequence]] = []
        while True:
            self.lines()
            if self.keyword() == "esac":
                self.pos += 4
                redirects, end = self.redirects()
                return Case(word, tuple(branches), redirects, start, end)
            if self.text.startswith("(", self.pos):
                self.pos += 1
            patterns = []
            while True:
                self.blanks()
                pattern = self.word()
                if pattern.start == pattern.end:
                    raise ShellError("a pattern of a case is missing", self.pos)
                patterns.append(pattern)
                self.blanks()
                if not self.text.startswith("|", self.pos):
                    break
                self.pos += 1
            self._close(")")
            branches.append((tuple(patterns), self._list()))
            if self.text.startswith(";;", self.pos):
                self.pos += 2
                if self.text.startswith("&", self.pos):
                    raise ShellError(";;& is not looked into", self.pos)
            elif self.keyword() != "esac":
                raise ShellError("esac is missing", self.pos)

    def _double_brackets(self, start: int) -> Simple:
        """``[[ … ]]`` as a command whose words are its operands and operators."""
        words = [self.word()]
        while True:
            self.lines()
            at = self.pos
            if at >= len(self.text):
                raise ShellError("]] is missing", start)
            operator = _TEST_OPERATOR.match(self.text, at)
            if operator is not None:
                self.pos = operator.end()
                continue
            words.append(self.word())
            if words[-1].literal == "]]":
                redirects, end = self.redirects()
                return Simple((), tuple(words), redirects, start, end)
            if words[-1].literal == "=~" or self.pos == at:
                raise ShellError("this [[ is not looked into", start)

    def _simple(self, start: int) -> Node:
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        end = start
        while True:
            self.blanks()
            redirect = self.redirect()
            if redirect is not None:
                redirects.append(redirect)
                end = self.pos
                continue
            at = self.pos
            if at >= len(self.text) or self.text[at] in "\n;&|)":
                break
            if self.text[at] == "(":
                raise ShellError("a function is not looked into", at)
            if not words:
                assignment = _ASSIGNMENT.match(self.text, at)
                if assignment is not None:
                    self.pos = assignment.end()
                    if self.text.startswith("(", self.pos):
                        raise ShellError("an array is not looked into", at)
                    assignments.append(Assignment(assignment.group(1), self.word(value=True), at, self.pos))
                    end = self.pos
                    continue
                if _BASH_ASSIGNMENT.match(self.text, at):
                    raise ShellError("an assignment that only bash knows", at)
            words.append(self.word())
            if self.pos == at:
                raise ShellError(f"an unexpected {self.text[at]!r}", at)
            end = self.pos
        if not (assignments or words or redirects):
            raise ShellError("a command is missing", start)
        return Simple(tuple(assignments), tuple(words), tuple(redirects), start, end)
