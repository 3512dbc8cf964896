"""``chmod``, ``chown``, ``chgrp``: read and write what they name; names of users are looked up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.options import Options, read_options
from bakegen.effects.places import entry

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("chmod", "chown", "chgrp")
EXAMPLES = (
    CallExample("chmod +x /app/run.sh", reads=("/app", "/app/run.sh"), writes=("/app/run.sh",)),
    CallExample("chmod -R a-w /app", reads=("/app/**",), writes=("/app/**",)),
    CallExample("chmod -x run", writes=("/w/run",), directory="/w"),
    CallExample("chown -R app:app /app", reads=("/etc/passwd", "/etc/group", "/app/**"), writes=("/app/**",)),
    CallExample("chown 1000 /app", reads=("/app",), writes=("/app",)),
    CallExample("chgrp staff /a", reads=("/etc/group",), writes=("/a",)),
    CallExample("chmod --reference=/a", barrier="nothing"),
    CallExample("chown -RL me /x", barrier="links"),
)
_MINUS_MODE = re.compile(r"-[rwxXst]+([-+=,ugoa][-+=,ugoarwxXst]*)?")
_LONG = ("recursive", "verbose", "changes", "silent", "quiet", "no-dereference", "dereference", "preserve-root")


def effect(call: Call) -> CommandEffect | str:
    """What gets another mode or owner."""
    access = Access(call)
    arguments = list(call.arguments)
    given: str | Argument | None = None
    if call.name == "chmod":
        # A mode may begin with a dash.
        minus = next((one for one in arguments if _MINUS_MODE.fullmatch(one.text or "")), None)
        if minus is not None:
            arguments.remove(minus)
            given = minus
    options = read_options(arguments, "RvcfhHLP", "", _LONG, ("reference", "from"))
    operands = list(options.operands)
    reference = options.last("--reference")
    if reference is not None:
        access.read(reference)
    elif given is None:
        given = operands.pop(0) if operands else None
    if not operands:
        raise Opaque("it names nothing")
    deep = options.any("-R", "--recursive")
    if deep and options.any("-L", "-H"):
        raise Opaque("it follows the links that it finds")
    if call.name != "chmod":
        _look_up(access, call.name, given, options)
    link = options.any("-h", "--no-dereference")
    for path in operands:
        access.change(path, tree=deep, last=not link)
    return access.effect()


def _look_up(access: Access, name: str, owner: str | Argument | None, options: Options) -> None:
    text = owner.text if isinstance(owner, Argument) else None
    if isinstance(owner, Argument) and not owner.single:
        raise Opaque("the owner is not known")
    for one in (text, options.last("--from")):
        if not isinstance(one, str) or not re.fullmatch(r"[0-9]+([:.][0-9]+)?|[:.][0-9]+", one):
            access.reads |= {entry("/etc/group")} | ({entry("/etc/passwd")} if name == "chown" else set())
        if one is text and options.last("--from") is None:
            return
