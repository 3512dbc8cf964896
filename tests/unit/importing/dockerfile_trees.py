"""Trees of files in one text, and what a reader found in them as a text that a person can read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.unit.importing.trees import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.importing.model import Found


def tree_of(text: str) -> Tree:
    """The tree that a text has: ``==> PATH <==`` before the content of each file, an empty line after it."""
    parts = re.split(r"^==> (.+) <==\n", text, flags=re.MULTILINE)
    return Tree({path: f"{content.strip()}\n".encode() for path, content in zip(parts[1::2], parts[2::2], strict=True)})


def found_text(found: Found) -> str:
    """What was found, one line a fact."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Found) -> Iterator[str]:
    for target in found.targets:
        axes = ", ".join(f"{axis}={value}" for axis, value in target.axes.items())
        yield f"{target.name} ({target.origin})" + (f" of {target.family}: {axes}" if target.family else "")
        for name, value in target.attributes.items():
            yield f"    {name}: {json.dumps(value, ensure_ascii=False)}"
        for guess in target.guesses:
            yield f"    guess {guess.field}: {guess.why}"
        yield ""
    for loss in found.losses:
        yield f"lost {loss.origin}: {loss.what}"
        yield f"    {loss.instead}"
    for note in found.notes:
        yield f"note {note.origin}: {note.what}"
        yield f"    {note.instead}"
