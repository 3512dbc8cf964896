"""Templates of ``jq-template.awk`` as the tokens of one jq program: texts become literals that are added together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_segments import RefusedError, Segment
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n]*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)
    |(?P<format>@[a-z0-9]+)
    |(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)
    |(?P<quote>")
    |(?P<sign>//|==|!=|<=|>=|[-+*/%<>|,;:()\[\]{}.?=])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))')
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN = re.compile(r'[^"\\]+')


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its text, where it begins; of a string the texts and the tokens of what is put in."""

    kind: str
    text: str
    at: int
    parts: tuple[str | tuple[Token, ...], ...] = ()


def tokens(pieces: Sequence[Segment]) -> tuple[Token, ...]:
    """The tokens of a template's program, with the plus signs and brackets that the script puts between pieces.

    Raises:
        RefusedError: a piece is not of the jq that is known here.
    """
    found: list[Token] = []
    before = ""
    for piece in pieces:
        if piece.is_hoisted:
            continue
        code = piece.text if piece.is_code else ""
        joined = bool(before) and not before.endswith("(") and not code.startswith(")")
        if joined:
            found.append(Token("sign", "+", piece.at))
        if not piece.is_code:
            found.append(Token("text", piece.text, piece.at))
            before = '"'
            continue
        if not code.startswith(")"):
            found.append(Token("sign", "(", piece.at))
        found += code_tokens(code, piece.at)
        if not code.endswith("("):
            found.append(Token("sign", ")", piece.at + len(code)))
        before = code if code.endswith("(") else ")"
    return tuple(found)


def hoisted(pieces: Sequence[Segment]) -> tuple[Token, ...]:
    """The tokens of the definitions and includes of a template, each with the ``;`` that the script puts behind it."""
    found: list[Token] = []
    for piece in pieces:
        if piece.is_hoisted:
            found += [*code_tokens(piece.text, piece.at), Token("sign", ";", piece.at + len(piece.text))]
    return tuple(found)


def code_tokens(code: str, start: int) -> Iterator[Token]:
    """The tokens of jq; `start` is its offset."""
    at = 0
    while at < len(code):
        found = _TOKEN.match(code, at)
        if found is None:
            raise RefusedError(start + at, "jq that is not known here")
        if found.lastgroup == "quote":
            token, at = _string(code, at, start)
            yield token
            continue
        if found.lastgroup != "space":
            yield Token(str(found.lastgroup), found[0], start + at)
        at = found.end()


def _string(code: str, at: int, start: int) -> tuple[Token, int]:
    """A string from its opening quote, and where the code goes on."""
    opening = at
    at += 1
    parts: list[str | tuple[Token, ...]] = [""]

    def add(text: str) -> None:
        last = parts[-1]
        if isinstance(last, str):
            parts[-1] = last + text
        else:
            parts.append(text)

    while at < len(code) and code[at] != '"':
        if plain := _PLAIN.match(code, at):
            add(plain[0])
            at = plain.end()
        elif code.startswith("\\(", at):
            inner, at = _inserted(code, at + 2, start)
            parts.append(inner)
        elif escape := _ESCAPE.match(code, at):
            add(chr(int(escape[2], 16)) if escape[2] else _ESCAPES.get(escape[1], escape[1]))
            at = escape.end()
        else:
            raise RefusedError(start + at, "a string that jq does not read")
    if at >= len(code):
        raise RefusedError(start + opening, "a string without its end")
    return Token("string", code[opening : at + 1], start + opening, tuple(parts)), at + 1


def _inserted(code: str, at: int, start: int) -> tuple[tuple[Token, ...], int]:
    """The tokens of ``\\( … )`` from behind its bracket, and where the string goes on."""
    depth, inner = 1, []
    while at < len(code):
        found = _TOKEN.match(code, at)
        if found is None:
            break
        if found.lastgroup == "quote":
            token, at = _string(code, at, start)
            inner.append(token)
            continue
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return tuple(inner), found.end()
        if found.lastgroup != "space":
            inner.append(Token(str(found.lastgroup), found[0], start + at))
        at = found.end()
    raise RefusedError(start + at, "`\\(` without its end")
