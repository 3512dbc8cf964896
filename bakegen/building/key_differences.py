"""What differs between the inputs of two content keys, in words for people: pure.

Values of arguments, labels and variables are never told, only their names: they may be secrets.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bakegen.plan.keys import KeyInputs

_FILES = 3
_CHANGES = 4
_LONGEST = 60
_DIGEST = len("sha256:") + 12
_VALUED = frozenset(("ARG", "ENV", "LABEL"))
"""Instructions of names with values: only the names are told."""
_MARKS = frozenset(("words", "text", "json"))
# The parts of a line of `bakegen.dockerfile.normal`: literals of Python.
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")

INPUTS = (
    "files", "dockerfile", "argument", "parent", "base", "context", "platforms", "stage", "frontend", "attribute"
)  # fmt: skip
"""The kinds of inputs."""

Files = Mapping[str, object]
"""The files of a context: path -> what stands for mode and content."""


@dataclass(frozen=True, slots=True)
class Change:
    """One input that differs.

    Attributes:
        input: which kind, one of `INPUTS`.
        name: which one of that kind: a path, an argument, an image; "" where there is only one, and for many files.
        what: what became of it: ``added``, ``removed``, ``changed``, or a clause.
        because: why a parent has another key.
    """

    input: str
    name: str
    what: str
    because: tuple[Change, ...] = ()

    @property
    def text(self) -> str:
        """The change in a few words, on one line."""
        if self.input in ("files", "platforms", "stage", "frontend"):
            kind = "" if self.input == "files" else self.input
        else:
            kind = "Dockerfile:" if self.input == "dockerfile" else self.input
        name, what = clean_line(self.name), clean_line(self.what)
        if self.because:
            return f"{kind} {name} ({summary(self.because)})"
        return " ".join(part for part in (kind, name, what) if part)


def summary(found: Sequence[Change]) -> str:
    """Several changes on one line: files, the first few others, and how many more there are."""
    files = [one.text for one in found if one.input == "files"]
    others = [one.text for one in found if one.input != "files"]
    if len(others) > _CHANGES:
        others[_CHANGES:] = [f"{len(others) - _CHANGES} more changes"]
    return ", ".join((*files, *others))


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a target has to be built.

    Attributes:
        since: the commit whose image it is compared with, its full id; "" where there is none.
        branch: the branch of that commit, "" where it is just one before this.
        changes: what is different since then.
        unknown: why there is nothing to compare with, a clause; "" where there is.
    """

    since: str = ""
    branch: str = ""
    changes: tuple[Change, ...] = ()
    unknown: str = ""

    @property
    def text(self) -> str:
        """All of it on one line."""
        if self.unknown:
            return clean_line(self.unknown)
        of = f" of {clean_line(self.branch)}" if self.branch else ""
        return f"since {self.since[:12]}{of}: {summary(self.changes) or 'what it is made of changed'}"


def key_changes(
    old: KeyInputs,
    new: KeyInputs,
    *,
    files: Callable[[str | None], tuple[Files, Files]],
    parent: Callable[[str], tuple[str, tuple[Change, ...]]],
) -> tuple[Change, ...]:
    """What differs between two inputs, in the order in which people look for it.

    Args:
        old, new: the inputs of both keys.
        files: the files behind a digest, then and now: those of the context (None), or of a named context; none where
            there are none to tell of.
        parent: the target that a context links to, and what changed about that one.
    """
    found: list[Change] = []
    if old.files and new.files and old.files != new.files:
        found += _file_changes(*files(None)) or [Change("files", "", "some files changed")]
    if line := _first_line(old.dockerfile, new.dockerfile):
        found.append(Change("dockerfile", "", line))
    found += _named("argument", old.args, new.args)
    for name, what in _differing(old.parents, new.parents):
        target, because = parent(name) if what == "changed" else (name, ())
        found.append(Change("parent", target, what, because))
    explained = bool(found)
    for name, what in _differing(old.bases, new.bases):
        if what == "changed":
            found.append(Change("base", name, f"{_short(new.bases[name])} instead of {_short(old.bases[name])}"))
        elif not explained:  # a Dockerfile or an argument that names another base says so
            found.append(Change("base", name, what))
    for name, what in _differing(old.contexts, new.contexts):
        inside = _file_changes(*files(name)) if what == "changed" else ()
        found.append(Change("context", name, what, tuple(inside)))
    for kind, before, after in (
        ("platforms", _platforms(old.platforms), _platforms(new.platforms)),
        ("stage", old.target or "the last one", new.target or "the last one"),
        ("frontend", old.syntax or "the built-in one", new.syntax or "the built-in one"),
    ):
        if before != after:
            found.append(Change(kind, "", f"{after} instead of {before}"))
    for name, what in _differing(old.attributes, new.attributes):
        one, other = old.attributes.get(name), new.attributes.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += [Change("attribute", f"{name}.{key}", change) for key, change in _differing(one, other)]
        else:
            found.append(Change("attribute", name, what))
    return tuple(found) or ((Change("files", "", "what is read from its context changed"),) if old != new else ())


def _named(kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    return (Change(kind, name, what) for name, what in _differing(old, new))


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> list[tuple[str, str]]:
    """The names whose values differ, sorted, and what became of each."""
    found: list[tuple[str, str]] = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            found.append((name, "added"))
        elif name not in new:
            found.append((name, "removed"))
        elif old[name] != new[name]:
            found.append((name, "changed"))
    return found


def _file_changes(old: Files, new: Files) -> tuple[Change, ...]:
    """The first few files that differ, and how many more."""
    if not old or not new:
        return ()  # the files of then, or of now, cannot be told
    found = [Change("files", path, what) for path, what in _differing(old, new)]
    if len(found) > _FILES + 1:
        found[_FILES:] = [Change("files", "", f"{len(found) - _FILES} more files")]
    return tuple(found)


def _short(digest: str | None) -> str:
    return digest[:_DIGEST] if digest else "no digest"


def _platforms(platforms: Sequence[str]) -> str:
    return ", ".join(sorted(set(platforms))) or "the builder's own"


def _first_line(old: Sequence[str], new: Sequence[str]) -> str:
    """The first instruction that differs, "" where none does."""
    before, after = _lines(old), _lines(new)
    for what, start, end, begin, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "insert":
            return f"`{_clipped(_instruction(after[begin]))}` added{_more(stop - begin)}"
        if what == "delete":
            return f"`{_clipped(_instruction(before[start]))}` removed{_more(end - start)}"
        if what == "replace":
            one, other = _instruction(after[begin]), _instruction(before[start])
            if one == other:  # only a value differs, or white space
                return f"`{_clipped(one)}` changed"
            same = _in_common(one, other)
            return f"`{_clipped(one, same)}` instead of `{_clipped(other, same)}`"
    return ""


def _lines(texts: Iterable[str]) -> list[str]:
    # The frontend stands there as a line, too, and is told of by itself.
    return [line for text in texts for line in text.split("\n") if not line.startswith("'syntax=")]


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""


def _instruction(line: str) -> str:
    """An instruction of `bakegen.dockerfile.normal` as people write it, on one line, without values."""
    parts = [str(ast.literal_eval(part)) for part in _LITERAL.findall(line)]
    mark = next((number for number, part in enumerate(parts) if part in _MARKS), None)
    if mark is not None:
        # The marks of heredocs stand in the text already; their bodies follow.
        parts[mark:] = [part for n, part in enumerate(parts[mark + 1 :]) if n == 0 or not part.startswith("<<")]
    if parts and parts[0] == "ONBUILD":
        return "ONBUILD"
    if parts and parts[0] in _VALUED:
        parts[1:] = [part.partition("=")[0].split(maxsplit=1)[0] for part in parts[1:] if part.strip(" =")]
    return " ".join(" ".join(parts).split())


def _in_common(one: str, other: str) -> int:
    """How much of the beginning of two texts, in whole words, says nothing of where they differ."""
    if max(len(one), len(other)) <= _LONGEST:
        return 0
    end = next(number for number, (a, b) in enumerate(zip(f"{one}\0", f"{other}\0", strict=False)) if a != b)
    return one.rfind(" ", 0, end) + 1


def _clipped(text: str, start: int = 0) -> str:
    head = f"{text.partition(' ')[0]} … " if start > len(text.partition(" ")[0]) + 1 else ""
    text = head + text[start if head else 0 :]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
