"""corepack: makes yarn and pnpm callable, and keeps the versions of them that projects ask for.

Source: https://github.com/nodejs/corepack#readme.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.node_packages import VARIABLES, corepack_home, started
from bakegen.effects.places import ancestors
from bakegen.effects.toolbox import Sheet
from bakegen.effects.words import grammar, read_words

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect

NAMES = ("corepack",)

_GRAMMAR = grammar("--activate --all --json -h --help -v --version -g --global --cache-only --no-cache-only",
                   "--install-directory -o --output")  # fmt: skip
_MADE = ("/root/.cache", "/root/.cache/node")

EXAMPLES = (
    CallExample("corepack enable", reads=("/usr/local/**",), writes=("/usr/local/bin/**", "/usr/bin/**")),
    CallExample("corepack prepare pnpm@9.1.0 --activate", writes=("/root/.cache/node/corepack/**",), ensures=_MADE),
    CallExample("corepack use pnpm@9", barrier="corepack use"),
    CallExample("corepack install", reads=("/app/package.json",), ensures=_MADE, manifests=("/app/package.json",),
                files={"/app/package.json": '{"packageManager": "pnpm@9.1.0"}'}, directory="/app"),
    CallExample("corepack enable --install-directory /srv/bin pnpm", writes=("/srv/bin/**",)),
)  # fmt: skip


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "corepack", VARIABLES)
    words = sheet.understood(read_words(call.arguments, _GRAMMAR))
    started(sheet)
    command = words.subcommand
    if command in ("enable", "disable"):
        place = words.value("--install-directory")
        for directory in [place] if place is not None else ["/usr/local/bin", "/usr/bin"]:
            sheet.write(directory)
        if place is None:
            sheet.assume("node is in /usr/local/bin or /usr/bin")
        return sheet.plain()
    if command not in ("prepare", "install", "hydrate", "up") or command == "up":
        raise Opaque(f"what corepack {command} does is not known")
    if words.value("-o", "--output") is not None:
        raise Opaque("it writes an archive")
    named = words.behind().operands
    if not named:
        sheet.manifest("package.json")
        here = sheet.path(".")
        for directory in ancestors(here):
            sheet.look(posixpath.join(directory, "package.json"))
    for operand in named:
        text = operand.text or operand.prefix
        if text.startswith((".", "/")) or text.endswith((".tgz", ".tar.gz")):
            sheet.archive(operand)
    sheet.fetches()
    corepack_home(sheet)
    return sheet.effect()
