"""``ln``: writes the links; what a symbolic link says is not looked at, what a hard link shares changes too."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque, locate
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.commands._copying import put
from bakegen.effects.options import read_options

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("ln",)
EXAMPLES = (
    CallExample("ln -s /opt/app/bin/app /usr/local/bin/", writes=("/usr/local/bin/app",), reads=("/usr/local/bin",)),
    CallExample("ln -sfn /opt/app-1 /opt/app", writes=("/opt/app",), reads=("/opt", "/opt/app")),
    CallExample("ln -sT /opt/a /b && touch /b/x", writes=("/b", "/opt/a/x")),
    CallExample("ln -s /usr/x /etc/apt; touch /etc/apt/x", barrier="through a link"),
    CallExample("ln -s ../a b", writes=("/w/b", "/w/b/a"), directory="/w"),
    CallExample("ln -s /x/y", writes=("/w/y",), directory="/w"),
    CallExample("ln /a /b", reads=("/a",), writes=("/a", "/b", "/b/a")),
    CallExample("ln -s /x $(pwd)", barrier="not known"),
)
_LONG = ("symbolic", "force", "no-dereference", "verbose", "no-target-directory", "relative", "logical", "physical")


def effect(call: Call) -> CommandEffect | str:
    """The links."""
    access = Access(call)
    options = read_options(call.arguments, "sfnvTrLP", "t", _LONG, ("target-directory",))
    operands = options.operands
    if len(operands) == 1 and options.last("-t", "--target-directory") is None:
        name = posixpath.basename((operands[0].text or "").rstrip("/"))
        if not name:
            raise Opaque("the name of the link is not known")
        options = replace(options, operands=(*operands, Argument(name, operands[0].span)))

    if options.any("-n", "--no-dereference") and len(options.operands) == 2 and options.operands[1].text:
        there, _ = locate(access.around, options.operands[1].text, last=False)
        if there in access.around.links:
            # What is there is a link: it is replaced, whatever it leads to.
            options = replace(options, given=(*options.given, ("-T", None)))

    def write(path: str | Argument) -> None:
        access.change(path, last=False)

    def write_tree(path: str | Argument) -> None:
        access.change(path, tree=True)
        if isinstance(path, str):
            write(path)

    sources = put(access, options, write, write_tree)
    if options.any("-s", "--symbolic"):
        place = next(iter(access.writes), None)
        text = sources[0].text
        exact = len(sources) == len(access.writes) == 1 and text and not options.any("-r", "--relative")
        access.links = ((place.path, text),) if exact and place is not None and text else None
    for source in sources:
        if not options.any("-s", "--symbolic"):
            access.change(source, last=False)
            access.change(source)
        elif options.any("-r", "--relative"):
            access.read(source)
    return access.effect()
