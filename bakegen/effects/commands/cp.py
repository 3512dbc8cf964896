"""``cp``: reads the sources, writes the destination or what is of their names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.commands._copying import put
from bakegen.effects.options import read_options
from bakegen.effects.places import inside

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("cp",)
EXAMPLES = (
    CallExample("cp /etc/a /srv/b", reads=("/etc/a", "/srv", "/srv/b"), writes=("/srv/b", "/srv/b/a")),
    CallExample("cp a b /srv", reads=("/w/a", "/w/b", "/srv"), writes=("/srv/a", "/srv/b"), directory="/w"),
    CallExample("cp -a src/. /srv/", reads=("/w/src/**",), writes=("/srv/**",), directory="/w"),
    CallExample("cp -r /a/b /c/", reads=("/a/b/**",), writes=("/c/b/**",)),
    CallExample("cp *.conf /etc/app/", reads=("/w/**",), writes=("/etc/app/**",), directory="/w"),
    CallExample("cp -t /srv -- /a /b", writes=("/srv/a", "/srv/b")),
    CallExample("cp -u /a /b", barrier="times"),
    CallExample("cp -rL /a /b", barrier="links"),
    CallExample("cp -r /a /a/b", barrier="into itself"),
)
_FLAGS = ("recursive", "archive", "force", "no-clobber", "verbose", "preserve", "no-preserve", "no-target-directory")
_MORE_FLAGS = ("no-dereference", "dereference", "remove-destination", "one-file-system", "reflink", "sparse", "update")


def effect(call: Call) -> CommandEffect | str:
    """The sources and the destination."""
    access = Access(call)
    options = read_options(call.arguments, "rRapdPLHfnvTxu", "t", _FLAGS + _MORE_FLAGS, ("target-directory",))
    if options.any("-u", "--update"):
        raise Opaque("-u looks at times, which are not the same in every build")
    deep = options.any("-r", "-R", "-a", "--recursive", "--archive")
    if deep or options.any("-d", "-P", "--no-dereference"):
        access.links = None
    if deep and options.any("-L", "-H", "--dereference"):
        raise Opaque("it follows the links that it finds")

    def write(path: str | Argument) -> None:
        access.spread(path) if deep else access.change(path)
        # A link that is copied takes the place of a link.
        access.change(path, tree=deep, last=False)

    for source in put(access, options, write, access.spread):
        access.read(source, tree=deep, last=False)
        place = access.read(source, tree=deep)
        if deep and any(inside(one.path, place.path) for one in access.writes):
            raise Opaque("it copies a tree into itself")
    return access.effect()
