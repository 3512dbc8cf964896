"""``mv``: takes the sources away and writes the destination or what is of their names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access
from bakegen.effects.call import CallExample
from bakegen.effects.commands._copying import put
from bakegen.effects.options import read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("mv",)
EXAMPLES = (
    CallExample("mv /a/x /b/y", reads=("/a/x/**", "/b/y/**", "/a", "/b"), writes=("/a/x/**", "/b/y/**", "/b/y/x/**")),
    CallExample("mv -f x y /b/", writes=("/w/x/**", "/w/y/**", "/b/x/**", "/b/y/**"), directory="/w"),
    CallExample("mv /a/* /b", writes=("/a/**", "/b/**")),
    CallExample("mv -u /a /b", barrier="-u"),
)


def effect(call: Call) -> CommandEffect | str:
    """The sources and the destination; what is moved may be a directory."""
    access = Access(call)
    options = read_options(
        call.arguments,
        "fnvT",
        "t",
        ("force", "no-clobber", "verbose", "no-target-directory"),
        ("target-directory",),
    )
    access.links = None
    for source in put(access, options, lambda path: access.change(path, tree=True, last=False), access.spread):
        access.change(source, tree=True, last=False)
    return access.effect()
