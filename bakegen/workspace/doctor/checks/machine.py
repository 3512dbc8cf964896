"""Checks of this machine: clocks, disk, file system, Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.findings import Check, Finding, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.workspace.doctor.model import Facts

GROUP = "machine"
_NOTICED, _HARMFUL = 10.0, 120.0
"""Seconds that a clock may be off: more is told, and much more makes tokens of registries not valid yet or no more."""

_FREE = 5 * 2**30
_OLDEST_PYTHON = (3, 11)


def _clocks(facts: Facts) -> Iterator[Finding]:
    machine = facts.machine
    docker = facts.engine
    told = {one.host: one.clock for one in facts.registries if one.clock is not None}
    if docker.clock is not None:
        yield _off("engine", docker.clock, docker.doubt, "restart the engine's machine", facts, "SOURCE_DATE_EPOCH")
    for host, clock in told.items():
        why = "tokens of registries hold from one moment to another"
        yield _off(host, clock, 1.0, mending.set_clock(machine.system), facts, why)


def _off(about: str, clock: float, doubt: float, fix: str, facts: Facts, why: str) -> Finding:
    off = max(0.0, abs(clock) - doubt)
    way = "ahead of" if clock > 0 else "behind"
    seen = f"its clock is {abs(clock):.0f} seconds {way} this machine's"
    if about == "engine":
        system = facts.machine.system
        fix = "docker desktop restart" if system in ("Darwin", "Windows") else mending.set_clock(system)
        why = "times in images, and of what caches are removed, are the engine's"
    if off > _HARMFUL:
        return Finding(Result.FAILURE if about != "engine" else Result.WARNING, seen, fix, about, why)
    if off > _NOTICED:
        return Finding(Result.WARNING, seen, fix, about, why)
    return Finding(Result.OK, "within seconds of this machine's", about=about)


def _disk(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    free = facts.machine.folder_free
    if plan is not None and "local" in plan.caches and free is not None:
        yield _room("project", free, "rm -rf .bakegen/cache    # caches; the next build writes them anew")
    if facts.engine_free is not None:
        yield _room("engine", facts.engine_free, "docker buildx prune --max-used-space 5GB\ndocker image prune")


def _room(about: str, free: int, fix: str) -> Finding:
    seen = f"{free / 2**30:.1f} GiB free"
    return Finding(Result.WARNING, seen, fix, about) if free < _FREE else Finding(Result.OK, seen, about=about)


def _case(facts: Facts) -> Iterator[Finding]:
    if facts.plan is not None and facts.machine.ignores_case:
        yield Finding(
            Result.NOTE, "the project's file system takes A for a", "git config core.ignorecase true",
            why="files whose names differ in case alone are one here and two in CI",
        )  # fmt: skip


def _python(facts: Facts) -> Iterator[Finding]:
    version = ".".join(map(str, facts.machine.python))
    if facts.machine.python >= _OLDEST_PYTHON:
        yield Finding(Result.OK, f"Python {version}")
    else:
        yield Finding(Result.FAILURE, f"Python {version}", "uv tool install --python 3.13 bakegen")


def _zstd(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    if plan is None or not plan.artifacts:
        return
    if facts.machine.zstd:
        yield Finding(Result.OK, "there")
    else:
        yield Finding(Result.FAILURE, "this Python packs no zstd", "pip install 'bakegen[zstd]'")


def _plugin(facts: Facts) -> Iterator[Finding]:
    client = facts.engine.info.get("ClientInfo")
    plugins = client.get("Plugins") if isinstance(client, dict) else None
    if not isinstance(plugins, list):
        return
    found = next((one for one in plugins if isinstance(one, dict) and one.get("Name") == "bakegen"), None)
    if found is None:
        yield Finding(Result.NOTE, "`docker bakegen` is not set up", "bakegen plugin install")
    elif found.get("Err"):
        yield Finding(Result.WARNING, "docker cannot use the plugin", "bakegen plugin install")
    else:
        yield Finding(Result.OK, f"`docker bakegen` is {found.get('Version') or 'there'}")


CHECKS = (
    Check(
        "machine-clock", GROUP, "this machine's clock against the engine's and the `Date` of registries",
        "tokens of registries and times in images depend on it", _clocks,
    ),
    Check(
        "machine-disk", GROUP, "room for caches in a local folder and for a local engine's data (5 GiB at least)",
        "a full disk ends a build", _disk,
    ),
    Check("machine-plugin", GROUP, "whether `docker bakegen` is set up", "the same command by another name", _plugin),
    Check("machine-case", GROUP, "whether the file system tells `A` from `a`", "CI does", _case),
    Check("machine-python", GROUP, "the version of Python", "bakegen needs 3.11", _python),
    Check("machine-zstd", GROUP, "whether Python packs zstd, where the project has artifacts", "they need it", _zstd),
)  # fmt: skip
