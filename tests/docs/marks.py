"""Comments above blocks of code that say how a test runs or checks them; `bakegen/docs/README.md` describes them."""

from __future__ import annotations

from dataclasses import dataclass

_KEYS = ("run", "not run", "setup", "file", "shows", "yaml", "output")
_OPTIONS = ("new", "in", "exit", "engine", "by")
NO_VALUE = ("new", "engine")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a comment says.

    Attributes:
        what: `run`, `not run`, `setup`, `file`, `shows`, `yaml`, `output`, or "" where there is no mark.
        value: the name, reason, path or kind behind the colon.
        new: the block starts in an empty folder again.
        folder: it starts in a copy of this folder of the repository.
        exit: the code that the block ends with.
        engine: it needs a Docker engine.
        by: the test file that runs it instead.
    """

    what: str = ""
    value: str = ""
    new: bool = False
    folder: str = ""
    exit: int = 0
    engine: bool = False
    by: str = ""


def read_mark(comment: str, place: str) -> Mark:
    """The mark in `comment`; none where it does not begin like one.

    Raises:
        ValueError: it begins like one and has options that no mark has.
    """
    text = comment.strip()
    if not text.startswith("<!--") or not text.endswith("-->"):
        return Mark()
    inside = text.removeprefix("<!--").removesuffix("-->").strip()
    if inside.split(None, 1)[:1] == ["setup"]:
        return Mark("setup")
    first, *rest = (part.strip() for part in inside.split(";"))
    what, _, value = (part.strip() for part in first.partition(":"))
    if what not in _KEYS:
        return Mark()
    if what == "not run":  # a reason may have any signs
        return Mark(what, inside.partition(":")[2].strip())
    options = {}
    for one in rest:
        name, _, given = (part.strip() for part in one.partition(":"))
        if name not in _OPTIONS or (not given) != (name in NO_VALUE):
            raise ValueError(f"{place}: no mark has the option {one!r}; there are {', '.join(_OPTIONS)}")
        options[name] = given
    return Mark(
        what,
        value,
        new="new" in options or "in" in options,
        folder=options.get("in", ""),
        exit=int(options.get("exit", "0")),
        engine="engine" in options,
        by=options.get("by", ""),
    )
