"""Golden folders: what a test made, compared file by file with what is kept, or kept anew with `--update-golden`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SHOWN_LINES = 60


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden folders below `root`; one case, one folder."""

    root: Path
    update: bool

    def check(self, case: str, made: Mapping[str, str]) -> None:
        """Fails with a diff unless the folder `case` holds exactly the files `made`, by relative path."""
        folder = self.root / case
        kept = dict(_files(folder))
        if self.update:
            _write(folder, kept, made)
            return
        lines: list[str] = []
        for name in sorted({*kept, *made}):
            lines += _diff(f"golden/{case}/{name}", kept.get(name), made.get(name))
        if lines:
            more = [f"… and {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
            advice = "if this is meant: pytest --update-golden, then read the diff in git"
            raise AssertionError("\n".join([f"{case} is not what is kept; {advice}", *lines[:_SHOWN_LINES], *more]))


def _files(folder: Path) -> Iterable[tuple[str, str]]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes().decode()


def _write(folder: Path, kept: Mapping[str, str], made: Mapping[str, str]) -> None:
    for name in set(kept) - set(made):
        (folder / name).unlink()
    for name, text in made.items():
        if kept.get(name) != text:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())


def _diff(name: str, kept: str | None, made: str | None) -> list[str]:
    if kept is None:
        return [f"+++ {name} is new"]
    if made is None:
        return [f"--- {name} is gone"]
    # Lines keep their ends, so that a missing last newline or a carriage return is a difference too.
    return [
        line.rstrip("\n")
        for line in difflib.unified_diff(kept.splitlines(True), made.splitlines(True), f"kept {name}", f"made {name}")
    ]
