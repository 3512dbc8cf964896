"""Commands such as ``docker build -f FILE CONTEXT`` in texts of any kind, with the values of variables in these texts.

Texts are not run and not wholly understood: what cannot be told for sure is marked as unknown in a command's words.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.importing.dockerfile_tree_words import VALUED
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNKNOWN = "\ufffd"
"""Stands in a word for what only running the text would tell."""
ROOT, OWN = "\x01/", "\x02/"
"""Begin a path that is meant from the top of the repository, or from the folder of the file that has the command."""

_BUILD = re.compile(
    r"(?:\b(?:docker|podman|nerdctl|buildah|img)\b|\$[({]?\w*(?:DOCKER|PODMAN|CONTAINER|OCI|ENGINE)\w*[)}]?)[\"']?"
    r"(?:\s+--(?:context|config|host|log-level)[= ]\S+)*\s+(?:buildx\s+|image\s+|builder\s+)?(?:build|bud)(?=\s)",
    re.IGNORECASE,
)
_ASSIGNED = {
    "make": re.compile(
        r"^[ \t]*(?:export[ \t]+|override[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[:?]{0,3}=[ \t]*(.*)$", re.MULTILINE
    ),
    "yaml": re.compile(r"^[ \t]*(?:- )?[\"']?([A-Za-z_]\w*)[\"']?[ \t]*[:=][ \t]*(\S.*)$", re.MULTILINE),
    "shell": re.compile(
        r"^[ \t]*(?:export[ \t]+|readonly[ \t]+|local[ \t]+|declare[ \t]+(?:-\w+[ \t]+)*)?([A-Za-z_]\w*)=(.*)$",
        re.MULTILINE,
    ),
}
_OWN_FOLDER = re.compile(r"dirname[^)]{0,200}?(?:BASH_SOURCE|\$\{?0)[^)]*\)+[\"']?((?:/[\w.-]+)*)")
_TOP = re.compile(r"git rev-parse --show-toplevel[^)]{0,200}\)?[\"']?\)?((?:/[\w.-]+)*)")
_HERE = re.compile(r"\$\((?:CURDIR|PWD|pwd|shell\s+pwd)\)|\$\{(?:CURDIR|PWD)\}|\$PWD\b|`pwd`")
_VARIABLE = re.compile(
    r"\$\{\{[^}]*\}\}|\{\{[^}]*\}\}|\$\$?(?:\(([^()]*)\)|\{([^{}]*)\}|([A-Za-z_]\w*)|([@<^*?#!0-9-]))"
)
_CD = re.compile(r"(?:^|&&|;|\(|\brun:|\s-\s)[ \t]*@?-?(?:cd|pushd)[ \t]+(\"[^\"]*\"|'[^']*'|[^\s;&|)]+)")
_SUBSTITUTION = re.compile(
    r"""["']?\$\((?:[^()\s]|\s(?!-t\b)|\((?:[^()]|\([^()]*\))*\))*\)(?:/[\w.-]+)*["']?"""  # with two more inside it
)
_NAMES = re.compile(r"\$\$?[({]?([A-Za-z_]\w*)")
_DEEP = 8
_LONGEST = 4_000
"""Characters that a value, and what follows `build`, have at most."""
_MOST = 200
"""Variables of one file that are looked at."""

_LONG = {"-f": "--file", "-t": "--tag", "-o": "--output"}


@dataclass(frozen=True, slots=True)
class Command:
    """A build as it is written.

    Attributes:
        line: where it begins, counted from 1.
        options: values of options by their long name, in order.
        contexts: what stands for no option; one word where the command is understood.
        folders: what ``cd`` led to before, the nearest last.
    """

    line: int
    options: Mapping[str, tuple[str, ...]]
    contexts: tuple[str, ...]
    folders: tuple[str, ...] = field(default=())

    def last(self, option: str) -> str | None:
        """The value of an option that counts; None where it is not given."""
        given = self.options.get(option)
        return given[-1] if given else None


def commands(text: str, kind: str) -> Iterator[Command]:
    """The build commands of a text.

    Args:
        text: any text.
        kind: ``make``, ``yaml``, ``shell`` or ``text``: how variables are set, and how far ``cd`` reaches.
    """
    values = _settled(_values(text, kind))
    gone: list[str] = []
    for number, line in _lines(text):
        if kind == "make" or (kind == "yaml" and re.match(r"\s*(?:- |run:|script:)", line)) or line.startswith("```"):
            gone = []
        for what in sorted([*_CD.finditer(line), *_BUILD.finditer(line)], key=re.Match.start):
            if what.re is _CD:
                gone = [*gone, _expanded(what[1].strip("\"'"), values)]
            else:
                yield _command(number, _words(_expanded(line[what.end() : what.end() + _LONGEST], values)), tuple(gone))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those that continue them, and the number of the first."""
    start, held = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if not held:
            start = number
        if line.rstrip().endswith("\\"):
            held += line.rstrip()[:-1] + " "
            continue
        yield start, held + line
        held = ""
    if held:
        yield start, held


def _words(text: str) -> list[str]:
    """The words up to the end of a command; quotes are taken away, what ``$(…)`` holds is one word."""
    found: list[str] = []
    word: list[str] = []
    quote = ""
    depth = 0
    some = False
    for at, char in enumerate(text):
        if quote:
            if char == quote:
                quote = ""
            else:
                word.append(char)
        elif char in "({" and at and text[at - 1] in "$({":
            depth += 1
            word.append(char)
        elif depth:
            depth -= char in ")}"
            word.append(char)
        elif char in "\"'":
            if char not in text[at + 1 :]:
                break  # it ends the text that the command is quoted in
            quote, some = char, True
        elif char in ";&|<>`)" or (char == "#" and not word):
            break
        elif char.isspace():
            if word or some:
                found.append("".join(word))
            word, some = [], False
        else:
            word.append(char)
    return [*found, "".join(word)] if word or some else found


def _command(line: int, words: list[str], folders: tuple[str, ...]) -> Command:
    options: dict[str, tuple[str, ...]] = {}
    contexts: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if not word.startswith("-") or word == "-":
            contexts.append(word)
            continue
        name, equals, value = word.partition("=")
        if not equals and name[:2] in ("-f", "-t", "-o") and len(name) > 2 and name[1] != "-":
            name, value = name[:2], name[2:]
        elif not equals and name in VALUED:
            value = next(waiting, "")
        name = _LONG.get(name, name)
        options[name] = (*options.get(name, ()), value)
    return Command(line, options, tuple(contexts), folders)


def _values(text: str, kind: str) -> dict[str, str | None]:
    """The variables of a text; None for one whose value is another here and there, or is not known."""
    found: dict[str, str | None] = {}
    pattern = _ASSIGNED.get(kind)
    for name, given in pattern.findall(text) if pattern is not None else ():
        value = _value(given, kind)
        found[name] = value if name not in found or found[name] == value else None
    return found


def _value(given: str, kind: str) -> str | None:
    place = _place(given)
    if place is not None:
        return place
    value = re.sub(r"\s+#.*$", "", given).strip()
    if value[:1] in ("'", '"'):
        value = value[1:].partition(value[0])[0]
    elif kind == "shell":
        value = re.split(r"[\s;]", value, maxsplit=1)[0]
    return None if re.search(r"\$\((?!\w+\))|`", value) else value


def _place(text: str) -> str | None:
    """The folder that a shell finds out by looking where its script or the repository lies."""
    for pattern, mark in ((_OWN_FOLDER, OWN), (_TOP, ROOT)):
        found = pattern.search(text)
        if found is not None:
            return mark + found[1].lstrip("/")
    return None


def _placed(text: str) -> str:
    """A text with such folders in it."""
    return _SUBSTITUTION.sub(lambda found: _place(found[0]) or found[0], text)


def _settled(values: Mapping[str, str | None]) -> dict[str, str]:
    """The values of variables with those of others in them; `UNKNOWN` stands for what is not known, and in circles."""
    found: dict[str, str] = {}

    def settle(name: str) -> None:
        if name not in values or name in found:
            return
        given = values[name]
        found[name] = UNKNOWN
        if given is None:
            return
        for other in _NAMES.findall(given):
            settle(other)
        value = _expanded(given, {key: one for key, one in found.items() if key != name})
        found[name] = value if len(value) <= _LONGEST else UNKNOWN

    for name in list(values)[:_MOST]:
        settle(name)
    return found


def _expanded(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """A text with the values of variables; `UNKNOWN` for those that have none."""

    def one(found: re.Match[str]) -> str:
        inner = next((part for part in found.groups() if part is not None), "")
        name, default = _parts(inner)
        value = values.get(name, UNKNOWN)
        if UNKNOWN in value and default is not None and depth < _DEEP:
            return _expanded(default, values, depth + 1)
        return value

    text = _HERE.sub(".", _placed(text))
    for _ in range(_DEEP):  # one more for each function that stands in another
        before, text = text, _VARIABLE.sub(one, text)
        if text == before or len(text) > _LONGEST:
            break
    return re.sub(r"\$[({].*", UNKNOWN, text)


def _parts(inner: str) -> tuple[str, str | None]:
    """The name in ``${NAME:-default}``, and the default."""
    found = re.fullmatch(r"([A-Za-z_][\w.-]*?)(?::?[-=](.*))?", inner.strip())
    return (found[1], found[2]) if found is not None else ("", None)
