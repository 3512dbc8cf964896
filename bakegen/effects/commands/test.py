"""``test`` and ``[``: look at the files that their operators name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import CallExample

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("test", "[", "[[")
EXAMPLES = (
    CallExample("test -f /etc/x", reads=("/etc/x",)),
    CallExample("[ -d a ] || mkdir -p /b", reads=("/w/a",), ensures=("/b",), directory="/w", user="root"),
    CallExample('[ "$X" = y ]', variables={"X": "z"}, reads=("/bin/sh",)),
    CallExample("[ -n $http_proxy -a -e /x ]", reads=("/**",)),
    CallExample("test /a -nt /b", barrier="times"),
)
_UNARY = frozenset(f"-{letter}" for letter in "bcdefgGhkLNOprsSuwx")
_BINARY = ("=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "<", ">")


def effect(call: Call) -> CommandEffect | str:
    """The files."""
    access = Access(call)
    words = call.arguments
    for index, word in enumerate(words):
        before = words[index - 1].text if index else None
        if word.text in ("-nt", "-ot", "-N"):
            raise Opaque("it looks at times, which are not the same in every build")
        operand = before in _UNARY or before == "-ef" or (index + 1 < len(words) and words[index + 1].text == "-ef")
        if operand and word.text != "":
            if word.text is None and not word.single:
                access.read("/", tree=True)
                continue
            access.read(word, last=False)
            access.read(word)
        elif word.text is None and not word.single:
            # It may be operators and names of files; more than looking at them it does not do.
            access.read("/", tree=True)
    return access.effect()
