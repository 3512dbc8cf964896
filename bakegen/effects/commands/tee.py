"""``tee`` and ``dd``: write their input to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.options import read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("tee", "dd")
EXAMPLES = (
    CallExample("echo x | tee -a /etc/a b", writes=("/etc/a", "/w/b"), reads=("/etc", "/etc/a"), directory="/w"),
    CallExample("tee /dev/null", reads=("/bin/tee",), variables={"PATH": "/bin"}),
    CallExample("dd if=/dev/zero of=/swap bs=1M count=1", writes=("/swap",)),
    CallExample("dd if=/a of=$(hostname)", barrier="not known"),
)


def effect(call: Call) -> CommandEffect | str:
    """The files."""
    access = Access(call)
    if call.name == "tee":
        for path in read_options(call.arguments, "aip", "", ("append", "ignore-interrupts")).operands:
            access.change(path)
        return access.effect()
    for word in call.arguments:
        key, equals, value = (word.text or "").partition("=")
        if not equals:
            raise Opaque("an operand that is not known")
        if key == "if":
            access.read(value)
        elif key == "of":
            access.change(value)
    return access.effect()
