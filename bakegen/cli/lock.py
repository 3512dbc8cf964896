"""`bakegen lock`: writes, renews and checks bakegen.lock, the digests of base images and what proofs rest on."""

from __future__ import annotations

import json
import os
import posixpath
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import BASE, PLATFORM
from bakegen.cli.options import ProjectChoice, assignments, format_option, project_options
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.diagnostics import Diagnostic
    from bakegen.facts.lockfile import Lock
    from bakegen.workspace.base_needs import Need
    from bakegen.workspace.files import ProjectFiles
    from bakegen.workspace.locking import Refreshed, Sources
    from bakegen.workspace.registry_bases import Progress

_SECONDS_BETWEEN = 10.0


@click.command(
    "lock",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen lock": "lock the base images that are not locked yet",
            "bakegen lock --update": "take the newest image of every tag",
            "bakegen lock --update 'python:*'": "take the newest image of these tags",
            "bakegen lock --check": "in CI: exit 1 where the lock file lacks something",
            "bakegen lock --check --update": "exit 1 also where a tag has moved on",
            "bakegen lock --dockerfile Dockerfile": "without a project: the lock file of one Dockerfile",
        },
        arguments={"NAME": "With --update: base images; globs too. Without any, all."},
        headings={
            "What is locked": "--update --check --from-engine --timeout",
            "Without a project": "--dockerfile --build-arg --build-context --platform",
        },
        exits={0: "all is locked", 1: "the lock file is stale (--check)", 3: "a registry or the engine failed"},
        reads=PROJECT + ", the registries of base images",
        writes="bakegen.lock",
        see="render rewrite",
    ),
)
@click.argument("names", nargs=-1, type=BASE, metavar="[NAME]...")
@project_options
@click.option("--update", is_flag=True, help="Ask again which image each tag is; only those of NAME (globs too).")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the lock file is stale.")
@click.option("--from-engine", is_flag=True, help="Read the images through the Docker engine, not from registries.")
@click.option(
    "--dockerfile",
    "dockerfiles",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Lock what these Dockerfiles are built from, in ./bakegen.lock, without a project.",
)
@click.option(
    "--build-arg", "build_args", multiple=True, metavar="NAME=VALUE", help="With --dockerfile: as in a build."
)
@click.option(
    "--build-context", "contexts", multiple=True, metavar="NAME=VALUE", help="With --dockerfile: as in a build."
)
@click.option(
    "--platform", "platforms", multiple=True, type=PLATFORM, metavar="OS/ARCH", help="With --dockerfile: what is built."
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    metavar="SECONDS",
    default=1800.0,
    show_default=True,
    help="Seconds for all of it.",
)
@format_option("text", "json")
def command(
    names: tuple[str, ...],
    update: bool,
    check: bool,
    from_engine: bool,
    dockerfiles: tuple[Path, ...],
    build_args: tuple[str, ...],
    contexts: tuple[str, ...],
    platforms: tuple[str, ...],
    timeout: float,
    format_: str,
    **options: object,
) -> int:
    """Lock base images: their digests, and the facts that rewriting rests on.

    For each image that targets are built from and no target makes, bakegen.lock beside bakegen.yaml holds the
    digest and, per platform, its environment, users, symbolic links, directories and whatever else decides what a
    Dockerfile does. `bakegen render` pins base images to these digests. Facts are read once, from the registry;
    layers are streamed and not kept. Commit the file. It holds what the image shows to everybody who can pull
    it: a secret in its ENV is in there too.
    """
    if names and not update:
        raise click.UsageError("NAME says what to update: add --update")
    if (build_args or contexts or platforms) and not dockerfiles:
        raise click.UsageError("--build-arg, --build-context and --platform go with --dockerfile")
    choice = ProjectChoice(**options)  # type: ignore[arg-type]
    if dockerfiles:
        files, lock, needs_of = _plain(dockerfiles, assignments(build_args, "--build-arg"), contexts, platforms)
    else:
        files, lock, needs_of = _of_project(choice)

    from bakegen.workspace.locking import refresh

    wanted = _chosen(names, needs_of(lock), update)
    with _Reading(timeout, from_engine) as reading:
        if check:
            return _check(needs_of(lock), lock, reading.sources, wanted if update else None, format_)
        done = refresh(needs_of, lock, reading.sources, wanted)
    path = _write(files, lock, done)
    _tell(done, path, format_)
    return ExitCode.ENGINE if done.failures else ExitCode.CLEAN


def _of_project(choice: ProjectChoice) -> tuple[ProjectFiles, Lock, Callable[[Lock], Mapping[str, Need]]]:
    from bakegen.facts.lockfile import Lock
    from bakegen.workspace.base_needs import project_needs

    workspace = choice.open()
    plan = workspace.plan
    _refuse_newer(workspace.warnings)
    # What they say of the lock file is what this command is for.
    console.report(one for one in workspace.warnings if one.code not in ("stale-lock", "lock-version"))
    return workspace.files, workspace.lock or Lock(), lambda lock: project_needs(plan, lock)


def _refuse_newer(warnings: Iterable[Diagnostic]) -> None:
    """A lock file that a newer bakegen has written is not written over."""
    from bakegen.diagnostics import Severity
    from bakegen.errors import InputError

    newer = [replace(one, severity=Severity.ERROR) for one in warnings if one.code == "lock-newer"]
    if newer:
        raise InputError(newer)


def _plain(
    dockerfiles: tuple[Path, ...], build_args: Mapping[str, str], contexts: tuple[str, ...], platforms: tuple[str, ...]
) -> tuple[ProjectFiles, Lock, Callable[[Lock], Mapping[str, Need]]]:
    """The current folder in a project's place, and the needs of plain Dockerfiles."""
    from bakegen.definition.loader import PROJECT_FILE
    from bakegen.diagnostics import Severity, error
    from bakegen.dockerfile import read
    from bakegen.dockerfile.platforms import PlatformError, parse_platform
    from bakegen.errors import InputError
    from bakegen.facts.lockfile import Lock
    from bakegen.workspace.base_needs import dockerfile_needs
    from bakegen.workspace.files import ProjectFiles
    from bakegen.workspace.project import read_project_lock
    from bakegen.workspace.rewriting import read_source

    files = ProjectFiles(Path.cwd())
    given = assignments(contexts, "--build-context")
    if files.exists(PROJECT_FILE):
        message = f"the lock file here is that of {PROJECT_FILE}"
        raise InputError([error("project-here", message, help="run `bakegen lock` without --dockerfile")])
    for platform in platforms:
        try:
            parse_platform(platform)
        except PlatformError as problem:
            raise click.UsageError(str(problem)) from None
    sources = [read_source(path) for path in dockerfiles]
    broken = [one for source in sources for one in read(source).diagnostics if one.severity is Severity.ERROR]
    if broken:
        raise InputError(broken)
    warnings: list[Diagnostic] = []
    lock = read_project_lock(files, warnings) or Lock()
    _refuse_newer(warnings)
    return (
        files,
        lock,
        lambda lock: dockerfile_needs(sources, lock, build_args=build_args, contexts=given, platforms=platforms),
    )


def _chosen(names: tuple[str, ...], needs: Mapping[str, Need], update: bool) -> Callable[[str], bool]:
    """Which base images are updated."""
    from fnmatch import fnmatchcase

    from bakegen.diagnostics import did_you_mean, error
    from bakegen.dockerfile.references import context_name
    from bakegen.errors import InputError

    found: set[str] = set()
    problems = []
    for name in names:
        matches = {one for one in needs if one == context_name(name) or fnmatchcase(one, name)}
        if not matches:
            help = did_you_mean(name, needs) or f"these are: {', '.join(needs) or 'none'}"
            problems.append(error("unknown-base", f"nothing is built from {name!r}", help=help))
        found |= matches
    if problems:
        raise InputError(problems)
    return lambda name: update and (name in found or not names)


@dataclass
class _Reading:
    """Registries and engine for the length of a block; nothing goes on behind it."""

    timeout: float
    from_engine: bool

    def __enter__(self) -> _Reading:
        from bakegen.workspace.credentials import Credentials
        from bakegen.workspace.locking import Sources
        from bakegen.workspace.registry_auth import Gate
        from bakegen.workspace.registry_bases import BaseReader
        from bakegen.workspace.registry_network import Network

        self._network = Network(os.environ, min(30.0, self.timeout), time.monotonic() + self.timeout)
        self._said = time.monotonic()
        reader = BaseReader(self._network, Gate(Credentials(os.environ)), self._tick)
        self.sources = Sources(reader, console.say, from_engine=self.from_engine)
        return self

    def __exit__(self, *_: object) -> None:
        self._network.stop()

    def _tick(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.total and (sys.stderr.isatty() or now - self._said >= _SECONDS_BETWEEN):
            self._said = now
            console.say(f"read {progress.done / 1e6:.0f} of {progress.total / 1e6:.0f} MB")


def _check(
    needs: Mapping[str, Need], lock: Lock, sources: Sources, update: Callable[[str], bool] | None, format_: str
) -> int:
    from bakegen.workspace.locking import check, check_digests

    found = check(needs, lock)
    failures: dict[str, str] = {}
    if update is not None:
        moved, failures = check_digests(needs, lock, sources, update)
        found += moved
    if format_ == "json":
        problems = [{"message": one.message, "help": one.help} for one in found]
        _print_json({"current": not found and not failures, "problems": problems, "failures": failures})
    else:
        console.report(found)
        for name, reason in failures.items():
            console.say(f"error: {name} could not be asked about: {reason}")
        if not found and not failures:
            console.say(f"bakegen.lock is current: {len(needs)} base images")
    if failures:
        return ExitCode.ENGINE
    return ExitCode.FINDINGS if found else ExitCode.CLEAN


def _write(files: ProjectFiles, old: Lock, done: Refreshed) -> str | None:
    """Writes the lock file where it would change, and gives its path for people."""
    from bakegen.facts.lockfile import write_lock
    from bakegen.facts.model import LOCK_FILE
    from bakegen.workspace.files import Changes

    if not done.lock.bases and not old.bases and not files.exists(LOCK_FILE):
        return None
    changes = Changes(files)
    changes.write(LOCK_FILE, write_lock(done.lock))
    where = os.path.relpath(files.root)
    return posixpath.normpath(posixpath.join(where, LOCK_FILE)) if changes.apply() else None


def _tell(done: Refreshed, path: str | None, format_: str) -> None:
    if format_ == "json":
        bases = [
            {
                "name": name,
                "reference": base.reference or name,
                "digest": base.digest,
                "platforms": sorted(base.platforms),
                "change": "added" if name in done.added else "updated" if name in done.updated else None,
            }
            for name, base in sorted(done.lock.bases.items())
        ]
        _print_json({"written": path, "bases": bases, "removed": list(done.removed), "failures": dict(done.failures)})
        return
    for verb, names in (("locked", done.added), ("updated", done.updated), ("removed", done.removed)):
        for name in names:
            base = done.lock.bases.get(name)
            shown = f" at {base.digest} for {', '.join(sorted(base.platforms))}" if base is not None else ""
            console.say(f"{verb}  {name}{shown}")
    for name, reason in done.failures.items():
        console.say(f"error: {name} could not be read: {reason}")
    count = len(done.lock.bases)
    nothing = "bakegen.lock unchanged" if count or done.failures else "nothing to lock"
    written = f"{path} written" if path is not None else nothing
    console.say(f"{count} base images locked; {written}")


def _print_json(value: Mapping[str, Any]) -> None:
    console.write(json.dumps(value, indent=2) + "\n")
