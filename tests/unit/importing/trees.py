"""Trees of files for readers, and what they found as plain values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.importing.model import Found


@dataclass(frozen=True)
class Tree:
    """Files by path, as readers see them."""

    files: Mapping[str, bytes]
    name: str = "project"

    @classmethod
    def of(cls, folder: Path) -> Tree:
        """The files below `folder`."""
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return cls(found, folder.name)

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted."""
        return tuple(sorted(self.files))

    def read(self, path: str) -> bytes | None:
        """The content of a file."""
        return self.files.get(path)


def as_json(found: Found) -> str:
    """What was found, as text for a golden file: without what is empty, marks of expressions as «…»."""
    whole = asdict(found)
    whole["targets"] = [
        {key: value for key, value in one.items() if value not in ("", {}, [], (), None)} for one in whole["targets"]
    ]
    shown = json.dumps(whole, indent=2, ensure_ascii=False).replace("\ue000", "«").replace("\ue001", "»")
    return shown + "\n"
