"""What `bakegen init` adds to the .gitignore of a project: files of one branch or one build, which nobody commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.text import Source
from bakegen.values import dataclass
from bakegen.workspace.files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".gitignore"
LINES = ("docker-bake.override.hcl", "bakegen-report.json", ".bakegen/cache")


@dataclass(frozen=True, slots=True)
class Ignored:
    """What becomes of a .gitignore.

    Attributes:
        added: the lines that it lacks.
        content: the whole file with them.
        new: whether there is none yet.
    """

    added: tuple[str, ...]
    content: bytes
    new: bool


def to_ignore(root: Path) -> Ignored | None:
    """What the .gitignore in a project's folder lacks.

    Lines are known by their text, with or without ``/`` at their ends; whatever else leaves these files out, such as a
    person's own settings of git, may not hold for others.

    Returns:
        None where nothing is lacking, where the file is none that can be read, and outside of git repositories.
    """
    path = root / NAME
    whole = root.resolve()
    if not path.is_symlink() and not path.exists():
        in_git = any((folder / ".git").exists() for folder in (whole, *whole.parents))
        return Ignored(LINES, "".join(f"{line}\n" for line in LINES).encode(), new=True) if in_git else None
    data, problem = read_regular(path)
    if problem is not None:
        return None
    text = Source.from_bytes(NAME, data).text
    known = {line.strip().strip("/") for line in text.splitlines()}
    added = tuple(line for line in LINES if line not in known)
    if not added:
        return None
    end = "\r\n" if "\r\n" in text else "\n"
    start = end if text and not text.endswith("\n") else ""
    lines = "".join(f"{line}{end}" for line in added)
    return Ignored(added, Source(NAME, f"{text}{start}{lines}").to_bytes(), new=False)
