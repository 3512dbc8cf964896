"""``touch`` and ``truncate``: write the files that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.options import read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("touch", "truncate")
EXAMPLES = (
    CallExample("touch a /b/c", reads=("/w", "/b", "/w/a"), writes=("/w/a", "/b/c"), directory="/w"),
    CallExample("touch -r /etc/x /y", reads=("/etc/x",), writes=("/y",)),
    CallExample("truncate -s 0 /var/log/x.log", writes=("/var/log/x.log",)),
    CallExample("touch", barrier="nothing"),
)


def effect(call: Call) -> CommandEffect | str:
    """The files."""
    access = Access(call)
    if call.name == "touch":
        long = ("no-create", "no-dereference")
        options = read_options(call.arguments, "acmfh", "drt", long, ("date", "reference", "time"))
    else:
        options = read_options(call.arguments, "co", "sr", ("no-create", "io-blocks"), ("size", "reference"))
    if not options.operands:
        raise Opaque("it names nothing")
    for path in options.operands:
        access.change(path)
    for reference in options.every("-r", "--reference"):
        access.read(reference if isinstance(reference, Argument) else str(reference))
    return access.effect()
