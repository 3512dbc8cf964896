"""Commands that run another command: ``env``, ``nice``, ``timeout``, …; used by `interpret` before it asks a model."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.state import Overlay

if TYPE_CHECKING:
    from bakegen.effects.call import Argument, Call

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_DURATION = re.compile(r"[0-9.]+[smhd]?")


def unwrapped(call: Call) -> tuple[str, Call] | None:
    """The program and the call within a wrapping command; None where the call is none, or wraps nothing.

    Raises:
        Opaque: it wraps something that is not known.
    """
    words = list(call.arguments)
    if call.name == "env":
        call = _environment(call, words)
    elif call.name == "nohup":
        raise Opaque("it runs something in the background")
    elif call.name in ("nice", "ionice"):
        while words and words[0].text is not None and words[0].text.startswith("-"):
            option = words.pop(0).text
            if option in ("-n", "-c") and words:
                words.pop(0)
    elif call.name == "timeout":
        while words and words[0].text is not None and words[0].text.startswith("-"):
            option = words.pop(0).text
            if option in ("-k", "-s") and words:
                words.pop(0)
        if not words or not _DURATION.fullmatch(words[0].text or ""):
            raise Opaque("a duration that is not known")
        words.pop(0)
    elif call.name == "busybox":
        if words and (words[0].text or "-").startswith("-"):
            raise Opaque("it changes itself")
    else:
        return None
    if not words:
        return None
    if words[0].text is None:
        raise Opaque("the command that it runs is not known")
    return words[0].text, replace(call, name="", arguments=tuple(words[1:]))


def _environment(call: Call, words: list[Argument]) -> Call:
    values: dict[str, str | None] = {}
    unsure = set(call.around.unsure)
    while words:
        word = words[0]
        found = _ASSIGNMENT.fullmatch(word.text if word.text is not None else word.prefix)
        if found is None:
            break
        if word.text is None and not word.single:
            raise Opaque("a variable whose value may be several words")
        name = found.group(1)
        values[name] = found.group(2) if word.text is not None else None
        (unsure.add if word.text is None else unsure.discard)(name)
        words.pop(0)
    if words and words[0].text == "--":
        words.pop(0)
    elif words and (words[0].text or "").startswith("-"):
        raise Opaque(f"the option {words[0].text} is not known")
    around = replace(call.around, environment=Overlay(values, call.around.environment), unsure=frozenset(unsure))
    return replace(call, around=around)
