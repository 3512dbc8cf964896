"""Runs one ``docker buildx bake``: with exact grants, in a process group of its own, heard line by line.

`batches` makes many of it, so that a failing target takes no others with it; `running` holds the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakegen.bake.compose import CACHE_VARIABLE
from bakegen.building.exports import Exports
from bakegen.building.failures import Failures
from bakegen.building.masking import clean_line
from bakegen.errors import EngineError
from bakegen.workspace.engine import buildx_command
from bakegen.workspace.grants import grants
from bakegen.workspace.running import TookTooLong, run_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TAIL = 30
_DESCRIBING_SECONDS = 300


@dataclass(frozen=True, slots=True)
class BakeOrder:
    """What is asked of one bake.

    Attributes:
        files: bake files, absolute or as seen from `cwd`; a later one overrides an earlier one.
        targets: names of targets, not of groups.
        cwd: where bake runs: relative contexts are meant from there, and what is below needs no grant.
        builder: the builder; None for buildx's own choice.
        allow: what the user allows as buildx names it: ``network.host``, ``security.insecure``, ``ssh``, ``device=…``.
            Each is handed on only where a target asks for it. Paths outside of `cwd` are granted without.
        set: overrides, as bake's ``--set`` takes them: ``*.output=…``.
        timeout: seconds for all of it; None for no limit.
    """

    files: tuple[Path, ...]
    targets: tuple[str, ...]
    cwd: Path
    builder: str | None = None
    allow: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class BakeDone:
    """What became of one bake.

    Attributes:
        code: what bake ended with; 0 where all is built.
        metadata: its metadata file by target; where it failed, name and digest of those that were through all the same.
        failures: why targets failed by themselves, by target, as BuildKit says it: `failures.reason` makes it safe to
            print. Those that were only cancelled with others are not here; linked ones that nobody asked for may be.
        general: the error that is about no target, "" without: buildx or the engine itself is at fault.
        said: the last lines of its own, which are not of the progress stream; safe to print.
    """

    code: int
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    general: str = ""
    said: tuple[str, ...] = ()


def bake(order: BakeOrder, listen: Callable[[str], None]) -> BakeDone:
    """Runs one bake to its end.

    On KeyboardInterrupt, SystemExit (what SIGTERM raises) or anything else that is raised meanwhile, by `listen` too,
    the whole process group is asked to end, then told, then killed, before the exception goes on.

    Args:
        order: what to bake.
        listen: told each line of the progress stream (``--progress=rawjson``) and what bake says besides, in this
            thread; it may be slow, bake does not wait for it.

    Raises:
        EngineError: there is no docker or no buildx, bake cannot read the files, a target asks for something that is
            not allowed, or it took too long. That targets fail is no exception.
    """
    targets = described(order)
    failures, exports = Failures(targets), Exports(targets)
    said: deque[str] = deque(maxlen=_TAIL)

    def hear(line: str) -> None:
        failures.hear(line)
        exports.hear(line)
        if not line.startswith("{") and line.strip():
            said.append(clean_line(line))
        listen(line)

    with tempfile.TemporaryDirectory(prefix="bakegen-bake-") as folder:
        told = Path(folder) / "metadata.json"
        command = [
            *_command(order),
            "--progress=rawjson",
            f"--metadata-file={told}",
            *([] if order.builder is None else [f"--builder={order.builder}"]),
            *(f"--allow={grant}" for grant in grants(targets, order.cwd, order.allow)),
            "--",
            *order.targets,
        ]
        try:
            code = run_group(command, hear, cwd=order.cwd, environ=_environment(), timeout=order.timeout)
        except TookTooLong:
            raise EngineError(f"not built within {order.timeout:g} seconds: the build was ended") from None
        metadata: Mapping[str, Mapping[str, Any]] = _metadata(told) if code == 0 else exports.finished()
    return BakeDone(code, metadata, failures.errors() if code != 0 else {}, failures.general, tuple(said))


def _command(order: BakeOrder) -> list[str]:
    """Bake with its files and overrides: what describing and building have in common."""
    files = [f"--file={file}" for file in order.files]
    return [*buildx_command(), "bake", *files, *(f"--set={one}" for one in order.set)]


def _environment() -> dict[str, str]:
    """Our environment without what changes the meaning of bake files: the keys of what they build would be wrong."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BUILDX_BAKE_")}
    kept.pop(CACHE_VARIABLE, None)
    # No variable of a file has its value from the environment, where buildx knows this switch.
    return {**kept, "BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP": "1"}


def described(order: BakeOrder) -> dict[str, dict[str, Any]]:
    """What bake makes of its files: each target that it would build, linked ones too, with all its attributes.

    Raises:
        EngineError: there is no docker or no buildx, or bake cannot read the files.
    """
    try:
        done = subprocess.run(
            [*_command(order), "--print", "--", *order.targets],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=order.cwd,
            env=_environment(),
            timeout=_DESCRIBING_SECONDS,
            check=False,
        )
        if done.returncode == 0:
            targets = json.loads(done.stdout)["target"]
            assert isinstance(targets, dict)
            return targets
    except subprocess.TimeoutExpired:
        raise EngineError(f"buildx did not read the bake files within {_DESCRIBING_SECONDS} seconds") from None
    except (OSError, ValueError) as problem:
        raise EngineError(f"buildx could not read the bake files: {problem}") from None
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
    raise EngineError(f"buildx cannot read the bake files: {clean_line(lines[-1].removeprefix('ERROR: '))}")


def _metadata(path: Path) -> dict[str, dict[str, Any]]:
    """The metadata file by target; {} where bake wrote none."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {name: facts for name, facts in told.items() if isinstance(facts, dict)}
