"""``sed``: with ``-i`` it reads and writes the files that it names; scripts that run or write something are refused.

Source: the manual of GNU sed, sections 2 (options) and 3 (scripts); what busybox leaves out of it makes no difference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.options import read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("sed", "gsed")
EXAMPLES = (
    CallExample("sed -i 's/a/b/g' /etc/x", reads=("/etc", "/etc/x"), writes=("/etc/x",)),
    CallExample("sed -i -e s,a,b, -e '/^#/d' a b", reads=("/w/a",), writes=("/w/a", "/w/b"), directory="/w"),
    CallExample("sed -ri.bak 's|^(x).*|\\1|' /a", writes=("/a", "/a.bak")),
    CallExample("sed -n '1,/^$/{s/x/y/;p}' /a", reads=("/a",)),
    CallExample("sed -i 's/x/y/' /etc/apt/*.list", reads=("/etc/apt/**",), writes=("/etc/apt/**",)),
    CallExample("sed -i '/x/i deb http://y' /a", writes=("/a",)),
    CallExample("sed -i s/x/y/e /a", barrier="script"),
    CallExample("sed 's/x/y/w /out' /a", barrier="script"),
    CallExample("sed -i \"s/x/$http_proxy/\" /a", barrier="script"),
)  # fmt: skip
_ADDRESS = re.compile(r"\d+(~\d+)?|\$|[+~]\d+")
_BLANKS = re.compile(r"[ \t\n;]*")
_LONG = ("quiet", "silent", "regexp-extended", "in-place", "null-data", "separate", "unbuffered", "posix")


def effect(call: Call) -> CommandEffect | str:
    """The files."""
    access = Access(call)
    arguments, suffix, inplace = _in_place(call.arguments)
    options = read_options(arguments, "nrEsuz", "el", _LONG, ("expression", "line-length"))
    inplace = inplace or options.any("--in-place")
    given = options.last("--in-place")
    suffix = suffix or (given if isinstance(given, str) else "")
    operands = list(options.operands)
    scripts = options.every("-e", "--expression")
    if not scripts:
        if not operands:
            raise Opaque("it has no script")
        scripts = [operands.pop(0)]
    texts = [one if isinstance(one, str) else one.text for one in scripts]
    if not harmless("\n".join(text or "" for text in texts)) or None in texts:
        raise Opaque("its script is not looked into")
    for path in operands:
        if not inplace:
            access.read(path)
            continue
        # GNU sed puts a file in the place of a link, others write through it.
        access.change(path)
        access.change(path, last=False)
        if suffix:
            _back_up(access, path, suffix)
    return access.effect()


def _in_place(arguments: tuple[Argument, ...]) -> tuple[list[Argument], str, bool]:
    """The arguments without ``-i``, whose suffix is part of its word, the suffix, and whether it is given."""
    found: list[Argument] = []
    suffix, inplace = "", False
    for index, word in enumerate(arguments):
        if word.text == "--":
            return [*found, *arguments[index:]], suffix, inplace
        match = re.fullmatch(r"-([nrEsuz]*)i(.*)", word.text or "")
        before = arguments[index - 1].text if index else None
        if match is None or before in ("-e", "--expression"):
            found.append(word)
            continue
        inplace, suffix = True, match.group(2)
        if match.group(1):
            found.append(Argument(f"-{match.group(1)}", word.span))
    return found, suffix, inplace


def _back_up(access: Access, path: Argument, suffix: str) -> None:
    if "/" in suffix or "*" in suffix:
        raise Opaque("a suffix with / or *")
    if path.text is not None:
        access.change(path.text + suffix)


def harmless(script: str) -> bool:
    """Whether a script neither writes nor reads files nor runs anything; False for what is not understood."""
    at = 0
    while True:
        blanks = _BLANKS.match(script, at)
        at = blanks.end() if blanks is not None else at
        if at >= len(script):
            return True
        after = _addresses(script, at)
        if after is None or after >= len(script):
            return False
        command, at = script[after], after + 1
        if command in "{}=dDgGhHxnNpPlz":
            continue
        if command in "#:btTaic":
            # To the end of the line; text that goes on there is text too.
            while True:
                end = script.find("\n", at)
                if end < 0:
                    return True
                at = end + 1
                if command not in "aic" or script[end - 1] != "\\":
                    break
        elif command in "qQ":
            exit_code = re.compile(r"[ \t]*\d*").match(script, at)
            at = exit_code.end() if exit_code is not None else at
        elif command in "sy":
            done = _substitution(script, at)
            if done is None:
                return False
            at = done
        else:
            return False


def _addresses(script: str, at: int) -> int | None:
    """Where the command behind the addresses at `at` begins."""
    while at < len(script):
        number = _ADDRESS.match(script, at)
        if number is not None:
            at = number.end()
        elif script[at] in "/\\":
            start = at + (script[at] == "\\")
            end = _delimited(script, start)
            if end is None:
                return None
            at = end
            while script[at : at + 1] in ("I", "M"):
                at += 1
        elif script[at] in ",! \t":
            at += 1
        else:
            return at
    return None


def _delimited(script: str, at: int) -> int | None:
    """Behind the delimiter that closes what the one at `at` opens."""
    if at >= len(script) or script[at] in "\n\\":
        return None
    delimiter = script[at]
    at += 1
    bracket = False
    while at < len(script):
        char = script[at]
        if char == "\\" and not bracket:
            at += 2
            continue
        if char == "[" and not bracket:
            # Whether the delimiter counts within brackets differs: only those without it are understood.
            close = script.find("]", at + 2 + (script[at + 1 : at + 2] == "^"))
            if close < 0 or delimiter in script[at:close]:
                return None
        if char == delimiter:
            return at + 1
        at += 1
    return None


def _substitution(script: str, at: int) -> int | None:
    first = _delimited(script, at)
    if first is None:
        return None
    second = _replacement(script, first, script[at])
    if second is None:
        return None
    flags = re.compile(r"[gpiIM0-9]*").match(script, second)
    end = flags.end() if flags is not None else second
    return end if script[end : end + 1] in ("", ";", "\n", "}", " ", "#") else None


def _replacement(script: str, at: int, delimiter: str) -> int | None:
    while at < len(script):
        if script[at] == "\\":
            at += 2
        elif script[at] == delimiter:
            return at + 1
        else:
            at += 1
    return None
