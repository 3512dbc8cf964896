"""ONBUILD instructions on their way into a child stage; used by `resolve`.

Source: initOnBuildTriggers in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import From, Onbuild
from bakegen.dockerfile.parser import parse
from bakegen.dockerfile.problems import Problems
from bakegen.dockerfile.typed import Reader
from bakegen.text import Source

if TYPE_CHECKING:
    from bakegen.dockerfile.instructions import Command
    from bakegen.dockerfile.model import Stage


def stage_triggers(base: Stage, child: Stage, problems: Problems) -> list[Command]:
    """What the ONBUILDs of `base`, a stage of the same file, run in `child`."""
    commands: list[Command] = []
    for item in base.commands:
        if not isinstance(item, Onbuild):
            continue
        if item.trigger is None:
            problems.error(
                "bad-trigger",
                f"an ONBUILD of {base.label} cannot be run: {item.expression}",
                child.span,
                labels=((item.span, "the ONBUILD"),),
            )
        else:
            commands.append(item.trigger)
    return commands


def image_triggers(texts: tuple[str, ...], child: Stage, problems: Problems) -> list[Command]:
    """What the ONBUILDs of an image outside the file run in `child`; their spans lead into their own text."""
    commands: list[Command] = []
    for text in texts:
        source = Source(f"ONBUILD of {child.start.image.text}", text)
        tree = parse(source)
        inner = Problems(source)
        inner.found.extend(tree.diagnostics)
        nodes = tree.instructions
        command = None
        if len(nodes) == 1 and nodes[0].fault is None and not inner.found:
            command = Reader(text, tree.escape, inner).read(nodes[0])
        if command is None or isinstance(command, (From, Onbuild)):
            why = inner.found[0].message if inner.found else "it is not one instruction"
            problems.error("bad-trigger", f"an ONBUILD of the image cannot be run: {text}: {why}", child.span)
        else:
            commands.append(command)
    return commands
