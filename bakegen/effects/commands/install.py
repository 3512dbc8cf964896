"""``install``: copies files with a mode and an owner, or makes directories."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.commands._copying import put
from bakegen.effects.options import read_options
from bakegen.effects.places import entry

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("install",)
EXAMPLES = (
    CallExample(
        "install -d -m 0755 /srv/a/b",
        writes=("/srv/a/b",),
        ensures=("/srv/a", "/srv"),
        reads=("/srv/a/b",),
        user="root",
    ),
    CallExample("install -m 644 a /etc/b", reads=("/w/a", "/etc/b"), writes=("/etc/b",), directory="/w"),
    CallExample("install -o app -g app x /srv/", reads=("/etc/passwd", "/etc/group"), writes=("/srv/x",)),
    CallExample("install -Dm755 /a /srv/new/bin/a", writes=("/srv/new/bin/a",), user="root"),
    CallExample("install -s a /usr/bin/", barrier="-s"),
)
_LONG = ("directory", "verbose", "preserve-timestamps", "compare", "no-target-directory")
_VALUED = ("mode", "owner", "group", "target-directory")


def effect(call: Call) -> CommandEffect | str:
    """The files or directories."""
    access = Access(call)
    options = read_options(call.arguments, "dDvpCTc", "mogt", _LONG, _VALUED)
    for name in ("-o", "--owner", "-g", "--group"):
        owner = options.last(name)
        text = owner.text if isinstance(owner, Argument) else owner
        if owner is not None and not (text or "").isdigit():
            access.reads |= {entry("/etc/passwd"), entry("/etc/group")}
    if not options.operands:
        raise Opaque("it names nothing")
    if options.any("-d", "--directory"):
        for path in options.operands:
            _with_parents(access, path)
        return access.effect()

    def write(path: str | Argument) -> None:
        if options.any("-D"):
            _with_parents(access, path)
        access.change(path)
        access.change(path, last=False)

    for source in put(access, options, write, access.spread):
        access.read(source)
    return access.effect()


def _with_parents(access: Access, path: str | Argument) -> None:
    place = access.change(path)
    if place.path != "/":
        access.make_directories(posixpath.dirname(place.path))
