"""go.mod and go.work: local directories that they name; used by the model of go.

Source: https://go.dev/ref/mod#go-mod-file and #go-work-file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`|(=>|[()]|[^\s"`()]+)')


@dataclass(frozen=True, slots=True)
class GoMod:
    """What a go.mod or go.work says.

    Attributes:
        replaced: (module, directory) for each replacement by a directory.
        used: directories of a workspace.
        problems: lines that are not understood.
    """

    replaced: tuple[tuple[str, str], ...] = ()
    used: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_gomod(text: str) -> GoMod:
    """What the text of a go.mod or go.work says; any text at all."""
    replaced: list[tuple[str, str]] = []
    used: list[str] = []
    problems: list[str] = []
    for verb, words in _directives(text):
        if verb == "use":
            used += words[:1]
        elif verb == "replace":
            if "=>" not in words or words.index("=>") in (0, len(words) - 1):
                problems.append(f"the line {' '.join(words)[:60]!r} cannot be read")
                continue
            target = words[words.index("=>") + 1]
            if target.startswith(("./", "../", "/")) or target in (".", ".."):
                replaced.append((words[0], target))
    return GoMod(tuple(replaced), tuple(used), tuple(problems))


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    block = ""
    for line in text.splitlines():
        words = [quoted or raw or plain for quoted, raw, plain in _WORD.findall(_uncommented(line))]
        if not words:
            continue
        if block:
            if words[0] == ")":
                block = ""
            else:
                yield block, words
        elif len(words) >= 2 and words[1] == "(":
            if words[-1] == ")" and len(words) > 2:
                if len(words) > 3:
                    yield words[0], words[2:-1]
            else:
                block = words[0]
        else:
            yield words[0], words[1:]


def _uncommented(line: str) -> str:
    at = line.find("//")
    while at > 0 and not line[at - 1].isspace():
        # A path or version may hold two slashes only in quotes; a comment stands behind a blank or at the start.
        at = line.find("//", at + 2)
    return line if at < 0 else line[:at]
