"""``mkdir``: with ``-p`` as root it only ensures directories; without, or with a mode, it writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.options import read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("mkdir",)
EXAMPLES = (
    CallExample("mkdir -p /srv/app/data", ensures=("/srv", "/srv/app", "/srv/app/data"), user="root"),
    CallExample("mkdir -p logs", ensures=("/srv", "/srv/logs"), directory="/srv", user="root"),
    CallExample("mkdir /srv/app", reads=("/srv", "/srv/app"), writes=("/srv/app",)),
    CallExample("mkdir -p -m 0700 /srv/app", writes=("/srv/app", "/srv"), user="root"),
    CallExample("mkdir -p /home/me/x", writes=("/home/me/x", "/home/me"), user="me"),
    CallExample("mkdir -p $http_proxy", barrier="may be an option"),
    CallExample("mkdir --selinux /x", barrier="--selinux"),
)


def effect(call: Call) -> CommandEffect | str:
    """The directories."""
    access = Access(call)
    options = read_options(call.arguments, "pv", "m", ("parents", "verbose"), ("mode",))
    if not options.operands:
        raise Opaque("no directory is named")
    plain = not options.any("-m", "--mode")
    for path in options.operands:
        if options.any("-p", "--parents"):
            access.make_directories(path, plain=plain)
        else:
            access.change(path)
    return access.effect()
