"""Where ``cp``, ``mv``, ``ln`` and ``install`` put things: at the destination, or into it where it is a directory."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import Argument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bakegen.effects.access import Access
    from bakegen.effects.options import Options


def put(
    access: Access,
    options: Options,
    write: Callable[[str | Argument], object],
    write_tree: Callable[[str | Argument], object],
) -> Sequence[Argument]:
    """Notes where the sources of a command line go.

    Args:
        access: of the command.
        options: its command line; ``-t``, ``-T`` and their long names count.
        write: notes that something is put at a path.
        write_tree: notes that something is put anywhere below a path.

    Returns:
        The sources.
    """
    operands = list(options.operands)
    into = options.last("-t", "--target-directory")
    if into is None:
        if len(operands) < 2:
            raise Opaque("it names no source or no destination")
        destination: str | Argument = operands.pop()
    else:
        destination = into
    text = destination.text if isinstance(destination, Argument) else destination
    if not operands or any(not one.single and not one.pattern for one in operands):
        raise Opaque("its sources are not known")
    if text is None:
        write_tree(destination)
        return operands
    if options.any("-T", "--no-target-directory") or (
        into is None and len(operands) == 1 and not text.endswith("/") and access.is_no_directory(text)
    ):
        write(destination)
        return operands
    inside = into is not None or len(operands) > 1 or text.endswith("/") or access.is_directory(text)
    for source in operands:
        name = posixpath.basename((source.text or "").rstrip("/"))
        if name in ("", ".", ".."):
            # A glob, something of which only the beginning is known, or all that a directory holds.
            write_tree(text)
        elif inside:
            access.read(text)
            write(posixpath.join(text, name))
        else:
            # Whether the destination is a directory is not known: it, or something in it, is written.
            write(text)
            write(posixpath.join(text, name))
    return operands
