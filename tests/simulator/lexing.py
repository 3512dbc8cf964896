"""The little shell language that the toy interpreter reads: lists of commands with ``&&``, ``||``, ``;`` and newlines.

Words know quotes, variables and redirections. What it cannot read raises `Beyond`, so that no case is taken for more
than it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulator.tree import Beyond

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"\s*(?:(&&|\|\||;|\n|2>|>>|>|<<-?|$)|((?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^\s'\"\\;&|<>])+))", re.S
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.A)
_NAME = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?\})", re.A)


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command as written: `joint` is the sign before it (``&&``, ``||`` or ``;``)."""

    joint: str
    assignments: tuple[str, ...]
    words: tuple[str, ...]
    output: str | None
    append: bool
    heredoc: str | None


def commands(text: str) -> list[Command]:
    """The commands of a shell text in order. Raises `Beyond` for what is beyond the language."""
    text = text.replace("\\\n", "")
    found: list[Command] = []
    joint = ";"
    words: list[str] = []
    output: str | None = None
    append = False
    heredoc: str | None = None
    waiting = ""
    at = 0

    def close() -> None:
        nonlocal words, output, append, heredoc
        if words or output:
            count = 0
            while count < len(words) and _ASSIGNMENT.match(words[count]):
                count += 1
            found.append(Command(joint, tuple(words[:count]), tuple(words[count:]), output, append, heredoc))
        words, output, append, heredoc = [], None, False, None

    while at < len(text):
        blank = re.compile(r"[ \t]*").match(text, at)
        assert blank is not None
        at = blank.end()
        comment = re.compile(r"#[^\n]*").match(text, at)
        if comment is not None and (at == 0 or text[at - 1] in " \t\n;&|"):
            at = comment.end()
            continue
        if text.startswith("\n", at):
            if found and not words and joint != ";":
                at += 1  # a list goes on after && at the end of a line
                continue
            close()
            joint = ";"
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            if at >= len(text):
                break
            raise Beyond(f"sh: cannot read {text[at:]!r}")
        at = match.end()
        sign, word = match.groups()
        if word is not None:
            if waiting in (">", ">>"):
                output, append = word, waiting == ">>"
            elif waiting in ("<<", "<<-"):
                heredoc = word
            elif waiting != "2>":
                words.append(word)
            waiting = ""
        elif sign in (">", ">>", "2>", "<<", "<<-"):
            waiting = sign
        elif sign:
            close()
            joint = sign
    close()
    return found


def fields(word: str, variables: Mapping[str, str], glob: Callable[[str], list[str]]) -> list[str]:
    """The words that one word becomes: variables expanded, split, wildcards matched, quotes gone."""
    pieces = _pieces(word, variables)
    parts: list[list[tuple[str, bool]]] = [[]]
    for text, quoted in pieces:
        if quoted is not None:
            parts[-1].append((text, quoted))
            continue
        chunks = re.split(r"\s+", text)
        for index, chunk in enumerate(chunks):
            if index:
                parts.append([])
            if chunk:
                parts[-1].append((chunk, False))
    found: list[str] = []
    for part in parts:
        if not part:
            continue
        plain = "".join(text for text, _ in part)
        if any(not quoted and ("*" in text or "?" in text) for text, quoted in part):
            found += glob(plain) or [plain]
        else:
            found.append(plain)
    return found


def whole(word: str, variables: Mapping[str, str]) -> str:
    """A word that is not split: the value of an assignment, the name of a file to write."""
    return "".join(text for text, _ in _pieces(word, variables))


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Text with its variables, as in a heredoc or between double quotes."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        found = variables.get(name)
        sign = match[3]
        if sign is None:
            return found or ""
        there = found is not None and (found != "" or not sign.startswith(":"))
        other = match[4]
        if sign.endswith("+"):
            return expanded(other, variables) if there else ""
        return (found or "") if there else expanded(other, variables)

    if re.search(r"\$\(|`", text):
        raise Beyond(f"sh: cannot read {text!r}")
    return _NAME.sub(value, text)


def _pieces(word: str, variables: Mapping[str, str]) -> list[tuple[str, bool | None]]:
    """Text, and how it came: True from quotes, False plain, None out of a variable that is split."""
    found: list[tuple[str, bool | None]] = []
    at = 0
    while at < len(word):
        sign = word[at]
        if sign == "'":
            end = word.index("'", at + 1)
            found.append((word[at + 1 : end], True))
            at = end + 1
        elif sign == '"':
            end = at + 1
            while word[end] != '"':
                end += 2 if word[end] == "\\" else 1
            inner = re.sub(r"\\([\"\\`])", r"\1", word[at + 1 : end])
            found.append((expanded(inner, variables), True))
            at = end + 1
        elif sign == "\\":
            found.append((word[at + 1 : at + 2], True))
            at += 2
        elif sign == "$" and (match := _NAME.match(word, at)):
            found.append((expanded(match[0], variables), None))
            at = match.end()
        elif sign == "`" or word.startswith("$(", at):
            raise Beyond(f"sh: cannot read {word!r}")
        else:
            end = at + 1
            while end < len(word) and word[end] not in "'\"\\$`":
                end += 1
            found.append((word[at:end], False))
            at = end
    return found
