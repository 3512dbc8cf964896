"""One run's folder of daemons: who owns it, how it is taken down, and how a dead run's leftovers are removed."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.engine.harness.daemons import remove_tree, stop_pid
from tests.engine.harness.network import remove_bridge

_HOME = Path("/var/tmp") if Path("/var/tmp").is_dir() else Path(tempfile.gettempdir())
"""On disk, and short: a socket's path has room for 107 bytes."""

_PREFIX = "bakegen-run-"
_OWNER = "owner.json"


@dataclass(frozen=True, slots=True)
class Run:
    """A folder below which every daemon of one run keeps everything it has; ends with `close`."""

    folder: Path

    @classmethod
    def open(cls, *, outlive: bool = False) -> Run:
        """A new run, owned by this process, or by nobody with `outlive`; first clears what dead runs left behind."""
        for other in _HOME.glob(f"{_PREFIX}*"):
            owner = _owner(other)
            if owner is not None and _birth(owner[0]) != owner[1]:
                Run(other).close()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_HOME))
        folder.chmod(0o755)
        owned = None if outlive else [os.getpid(), _birth(os.getpid())]
        (folder / _OWNER).write_text(json.dumps(owned))
        return cls(folder)

    def part(self, name: str) -> Path:
        """The folder of one daemon, made here."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    def close(self) -> None:
        """Ends every daemon below the folder by its pid, takes its bridge away and removes the folder."""
        for pattern in ("*/pid", "*/exec/containerd/containerd.pid"):
            for record in sorted(self.folder.glob(pattern)):
                with contextlib.suppress(OSError, ValueError):
                    stop_pid(int(record.read_text()), record.parent)
        for part in sorted(self.folder.glob("*/")):
            remove_bridge(part)
            remove_tree(part)
        remove_tree(self.folder)  # with the owner's record: until here another run can finish what this one began


def _owner(folder: Path) -> tuple[int, str] | None:
    try:
        pid, birth = json.loads((folder / _OWNER).read_text())
    except (OSError, ValueError, TypeError):
        return None
    return int(pid), str(birth)


def _birth(pid: int) -> str:
    """When the kernel started `pid`, so that a number used again is not taken for the same process; '' if gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
