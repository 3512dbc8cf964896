"""Measures artifacts beside `tar | zstd` and `tar | xz`: `python -m tests.bench.artifacts FOLDER [--rounds 3]`.

FOLDER is a build tree of some hundred MB. Packing reads a tar archive of it, as an engine exports one, and `tar` the
files themselves, which are in memory after a first reading. Push and pull go to a registry on loopback; `again` pulls
where all of it is already, which is proved. Both pack into files; only bakegen hashes what goes in. Prints a table with
the median of the rounds (of what takes minutes there is one) and, with `--json FILE`, writes the figures.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.workspace.artifact_pack import Packed, pack
from bakegen.workspace.artifact_push import push
from bakegen.workspace.artifact_unpack import Unpacking
from bakegen.workspace.artifacts import TRANSFERS, pull
from bakegen.workspace.together import together
from tests.engine.harness.session import Session
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.plan.artifacts import Artifact

_PROJECT = {
    "images/app/image.yaml": "artifacts: {tree: {paths: [/]}}\n",
    "images/app/Dockerfile": "FROM scratch\nCOPY . /\n",
}
_PIPES = {
    "zstd -3": ("zstd -q -3 -T0", "zstd -dcq"),
    "zstd -19": ("zstd -q -19 -T0", "zstd -dcq"),
    "xz -6": ("xz -6 -T0", "xz -dc -T0"),
}


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def shell(command: str) -> Callable[[], object]:
    """A pipe as a person writes it."""
    return lambda: subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True)


class Rounds:
    """What was measured, by what and by column."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}
        self._taken: dict[tuple[str, str], list[float]] = {}

    def take(self, row: str, column: str, work: Callable[[], object], before: Callable[[], object]) -> None:
        """Measures it once more, after `before`."""
        before()
        taken = self._taken.setdefault((row, column), [])
        taken.append(seconds(work))
        self.found.setdefault(row, {})[column] = round(statistics.median(taken), 2)

    def size(self, row: str, size: int) -> None:
        """Notes how many bytes there are."""
        self.found.setdefault(row, {})["MB"] = round(size / 1e6, 1)


def measure(tree: Path, folder: Path, rounds: Rounds, slow: bool, *, first: bool) -> None:
    """Measures all of it in `folder`; what takes minutes only the first time."""
    exported, packed, out = folder / "exported.tar", folder / "packed", folder / "out"
    artifact = plan_of({"bakegen.yaml": "registry: 127.0.0.1/bench\n", **_PROJECT}).artifacts["app/tree"]
    quoted = shlex.quote(str(tree))
    shell(f"tar -cf {exported} -C {quoted} .")()

    def clear() -> None:
        shutil.rmtree(out, ignore_errors=True)

    def fresh() -> None:
        clear()
        out.mkdir()

    for name, (packer, unpacker) in _PIPES.items():
        if (name == "zstd -19" and not slow) or (name != "zstd -3" and not first):
            continue
        row = f"tar | {name}"
        rounds.take(row, "pack", shell(f"tar -c -C {quoted} . | {packer} > {packed}"), clear)
        rounds.take(row, "unpack", shell(f"{unpacker} {packed} | tar -x -C {out}"), fresh)
        rounds.size(row, packed.stat().st_size)
    for level in (3, 19) if slow and first else (3,):
        ours(artifact, level, folder, rounds, fresh)


def ours(artifact: Artifact, level: int, folder: Path, rounds: Rounds, fresh: Callable[[], None]) -> None:
    """Packs, unpacks, pushes and pulls."""
    row = f"bakegen, level {level}"
    exported, packed, out = folder / "exported.tar", folder / f"packed-{level}", folder / "out"
    packed.mkdir()
    made = Packed((), 0)

    def take() -> None:
        nonlocal made
        made = pack(exported, artifact.takes, packed, level)

    def read(unpacking: Unpacking, path: Path) -> None:
        with path.open("rb") as file:
            unpacking.part(file.read)

    def unpack() -> None:
        unpacking = Unpacking(out)
        together([partial(read, unpacking, part.path) for part in made.parts], TRANSFERS, lambda: None)
        unpacking.finish()

    rounds.take(row, "pack", take, fresh)
    rounds.take(row, "unpack", unpack, fresh)
    rounds.size(row, sum(part.size for part in made.parts))
    with contextlib.closing(Session()) as session:
        host = session.registry().host
        names = iter(range(1000))
        last = ""

        def send() -> None:
            nonlocal last
            last = f"{host}/bench/app{next(names)}:key-{level}"
            push(artifact.name, {"": made}, last)

        rounds.take(row, "push", send, lambda: None)
        rounds.take(row, "pull", lambda: pull(last, out), lambda: shutil.rmtree(out, ignore_errors=True))
        rounds.take(row, "again", lambda: pull(last, out), lambda: None)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow", action="store_true", help="level 19, too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rounds = Rounds()
    for number in range(options.rounds):  # in turns, so that a busy minute hits all alike
        with tempfile.TemporaryDirectory(prefix="bakegen-bench-") as folder:
            measure(options.tree, Path(folder), rounds, options.slow, first=number == 0)
    columns = ("MB", "pack", "unpack", "push", "pull", "again")
    print(f"{'':20}" + "".join(f"{column:>10}" for column in columns))
    for row, found in rounds.found.items():
        print(f"{row:20}" + "".join(f"{found.get(column, ''):>10}" for column in columns))
    if options.json:
        options.json.write_text(json.dumps(rounds.found, indent=2) + "\n")


if __name__ == "__main__":
    main()
