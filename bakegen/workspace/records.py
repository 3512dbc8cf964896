"""Records of what the steps of a build are made of, on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import InputError
from bakegen.explaining.chains import unpinned
from bakegen.explaining.record import read_record, record_text
from bakegen.workspace.context import Contexts
from bakegen.workspace.explaining import images, steps_of
from bakegen.workspace.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.explaining.model import Side
    from bakegen.workspace.project import Workspace


def write_record(workspace: Workspace, path: Path) -> None:
    """Writes what the steps of all images of a project are made of now.

    Raises:
        InputError: a context cannot be read, or the file cannot be written.
    """
    side = steps_of(workspace, Contexts(workspace.files), images(workspace.plan), unpinned(workspace.plan))
    write_atomic(path, record_text(side).encode())


def load_record(path: Path) -> Side:
    """What a record tells.

    Raises:
        InputError: it cannot be read, or is none.
    """
    try:
        return read_record(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        help = "`bakegen build --record FILE` writes one"
        raise InputError([error("no-record", f"{path}: {reason}", help=help)]) from None
