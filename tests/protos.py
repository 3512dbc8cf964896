"""Makes the modules of bakegen/frontend/messages from their `.proto` files: `python -m tests.protos [FOLDER]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MESSAGES = "bakegen/frontend/messages"


def generate(folder: Path) -> list[Path]:
    """Writes the modules and their stubs below `folder`; gives their paths relative to it."""
    protos = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / MESSAGES).glob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"--python_out={folder}", f"--pyi_out={folder}"]
    subprocess.run([*command, *protos], cwd=ROOT, check=True)
    return [Path(one).with_name(Path(one).stem + ending) for one in protos for ending in ("_pb2.py", "_pb2.pyi")]


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
