"""``rm`` and ``rmdir``: write what they take away; links themselves, not what they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.options import read_options
from bakegen.effects.places import ancestors, entry

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("rm", "rmdir")
EXAMPLES = (
    CallExample("rm -rf /var/lib/apt/lists/*", writes=("/var/lib/apt/lists/**",), reads=("/var/lib/apt",)),
    CallExample("rm a b", writes=("/w/a", "/w/b"), reads=("/w/a",), directory="/w"),
    CallExample("rm -rf /tmp/x /tmp/y", writes=("/tmp/x/**", "/tmp/y/**")),
    CallExample("rm -f", reads=("/bin/rm",), variables={"PATH": "/bin"}),
    CallExample("rmdir -p a/b", reads=("/w/a/b/**",), writes=("/w/a/b", "/w/a"), directory="/w"),
    CallExample("rm --interactive x", barrier="--interactive"),
)


def effect(call: Call) -> CommandEffect | str:
    """What is taken away."""
    access = Access(call)
    if call.name == "rmdir":
        options = read_options(call.arguments, "pv", "", ("parents", "verbose", "ignore-fail-on-non-empty"))
        for path in options.operands:
            place = access.read(path, tree=True, last=False)
            access.write(path, tree=path.text is None, last=False)
            if options.any("-p", "--parents"):
                if not place.path.startswith("/") or path.text is None:
                    raise Opaque("a path is not known")
                access.reads |= {entry(one)._replace(extent=place.extent) for one in ancestors(place.path)}
                access.writes |= {entry(one) for one in ancestors(place.path)}
        return access.effect()
    options = read_options(
        call.arguments, "rRfdv", "", ("recursive", "force", "dir", "verbose", "preserve-root", "one-file-system")
    )
    if not options.operands and not options.any("-f", "--force"):
        raise Opaque("it names nothing")
    deep = options.any("-r", "-R", "--recursive")
    for path in options.operands:
        access.read(path, last=False)
        access.write(path, tree=deep, last=False)
    return access.effect()
