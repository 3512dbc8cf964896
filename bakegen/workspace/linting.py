"""Lints files as they lie on disk: finds them, looks at them in several processes, keeps results.

One file that cannot be read stops nothing: it is reported beside the findings of the others.
"""

from __future__ import annotations

import gc
import os
import re
from dataclasses import field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.errors import InputError
from bakegen.plan.marker import MARKER
from bakegen.rules.config import Config
from bakegen.rules.model import Kind
from bakegen.text import Source
from bakegen.values import dataclass
from bakegen.workspace.files import read_regular
from bakegen.workspace.shellcheck import shellcheck_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bakegen.rules.model import Result
    from bakegen.workspace.lint_cache import LintCache

_DOCKERFILE = re.compile(r"(?:Dockerfile|Containerfile)(?:[._-].+)?|.+\.(?:Dockerfile|dockerfile|Containerfile)")
_NO_DOCKERFILE = re.compile(
    r".*\.(?:dockerignore|md|txt|rst|j2|jinja|jinja2|tmpl|template|erb|in|py|go|sh|orig|bak|swp)"
)
_BAKE_FILE = re.compile(r"docker-bake(?:\..+)?\.(?:hcl|json)|.+\.bake\.(?:hcl|json)")
_DEFINITION = re.compile(r"bakegen\.ya?ml|image\.ya?ml")
_SKIPPED = frozenset(
    ".git .hg .svn node_modules __pycache__ .venv venv .tox .mypy_cache .pytest_cache .terraform".split()  # noqa: SIM905
)
LARGEST = 4 << 20
_FILES_A_PROCESS = 12


@dataclass(frozen=True)
class Looked:
    """A file that was looked at.

    Attributes:
        path: the file.
        shown: what it is called in messages.
        kind: what it is.
        results: what was found.
        problem: why it could not be read, "" where it could.
    """

    path: Path
    shown: str
    kind: Kind
    results: tuple[Result, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Job:
    """One file to look at, and how.

    Attributes:
        path: the file.
        shown: what it is called in messages.
        kind: what it is.
        config: the configuration that counts for it.
        below: its path below the folder of the configuration.
        context: the build context, where that was said.
        text: its text, where it does not lie on disk.
        shellcheck: whether shellcheck is asked; None: where it is installed.
    """

    path: Path
    shown: str
    kind: Kind
    config: Config = field(default_factory=Config)
    below: str = ""
    context: Path | None = None
    text: str | None = None
    shellcheck: bool | None = None


def kind_of_file(path: Path) -> Kind | None:
    """What a file is by its name; None where that says nothing."""
    name = path.name
    if _BAKE_FILE.fullmatch(name):
        return Kind.BAKE_FILE
    if _DEFINITION.fullmatch(name):
        return Kind.DEFINITIONS
    if _DOCKERFILE.fullmatch(name) and not _NO_DOCKERFILE.fullmatch(name):
        return Kind.DOCKERFILE
    return None


def find(paths: Iterable[Path]) -> tuple[list[tuple[Path, Kind]], list[tuple[Path, str]]]:
    """The files that arguments mean, in order, each once; and what is wrong with those that mean none.

    A file is taken for what its name says, for a Dockerfile where that says nothing. In a folder all files are found
    whose names say what they are, less those that bakegen rendered: what is wrong in them is wrong in their original.
    """
    found: dict[Path, Kind] = {}
    problems = []
    for path in paths:
        if path.is_dir():
            for one in _walk(path):
                kind = kind_of_file(one)
                if kind is not None and not _rendered(one):
                    found.setdefault(one, kind)
        elif os.path.lexists(path):
            found.setdefault(path, kind_of_file(path) or Kind.DOCKERFILE)
        else:
            problems.append((path, "it is not there"))
    return list(found.items()), problems


def _walk(folder: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        yield from (Path(at) / name for name in sorted(files))


def _rendered(path: Path) -> bool:
    data, _ = read_regular(path, 1 << 20)
    return MARKER.encode() in data[:4096]


def look(job: Job, cache: LintCache | None = None) -> Looked:
    """Looks at one file.

    Args:
        job: the file.
        cache: results of earlier runs.
    """
    text = job.text
    if text is None:
        data, reason = read_regular(job.path, LARGEST)
        if reason is not None:
            return Looked(job.path, job.shown, job.kind, problem=reason)
        text = data.decode("utf-8", "surrogateescape")
    said = _said(job) if cache is not None else ""
    known = cache.load(job.path, job.shown, text, said) if cache is not None else None
    if known is not None:
        return Looked(job.path, job.shown, job.kind, known)
    from bakegen.workspace.lint_looks import look_at  # which loads much

    try:
        results, seen = look_at(job, Source(job.shown, text))
    except InputError as problem:
        reason = problem.diagnostics[0].message if problem.diagnostics else str(problem)
        return Looked(job.path, job.shown, job.kind, problem=reason)
    if cache is not None and seen is not None:
        cache.store(job.path, text, said, seen, results)
    return Looked(job.path, job.shown, job.kind, results)


def _said(job: Job) -> str:
    """All that decides what is found in a file, beside its text and the files around it."""
    said = f"{job.config} {job.below} {job.context} {shellcheck_identity(job.shellcheck)}"
    if in_project(job.path.resolve().parent):
        from bakegen.workspace.lint_targets import definitions_digest

        said += definitions_digest(job.path)
    return said


@lru_cache(maxsize=1024)
def in_project(folder: Path) -> bool:
    """Whether a folder may lie in a project: asked before anything is loaded that reads one."""
    if (folder / "bakegen.yaml").is_file():
        return True
    data, reason = read_regular(folder / "pyproject.toml", LARGEST)
    if reason is None and b"[tool.bakegen" in data:
        return True
    return folder.parent != folder and in_project(folder.parent)


def look_at_all(
    jobs: Sequence[Job],
    cache: LintCache | None = None,
    *,
    processes: int = 0,
    tick: Callable[[int], None] | None = None,
) -> list[Looked]:
    """Looks at many files, in several processes where that pays.

    Args:
        jobs: the files.
        cache: results of earlier runs.
        processes: how many at most; as many as there are cores without it.
        tick: called with the number of files that are done, now and then.

    Returns:
        One for each job, in the order of `jobs`.
    """
    # Rules make many small values and hardly any circles: looking for those takes a tenth of the time.
    gc.set_threshold(100_000, 20, 100)
    most = min(processes or len(os.sched_getaffinity(0)), len(jobs) // _FILES_A_PROCESS)
    if most < 2 or not hasattr(os, "fork"):
        found = []
        for number, job in enumerate(jobs, 1):
            found.append(look(job, cache))
            if tick is not None:
                tick(number)
        return found
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    found = [look(jobs[0], cache)]  # which loads what all of them need
    with ProcessPoolExecutor(most, mp_context=get_context("fork")) as pool:
        for number, one in enumerate(pool.map(partial(look, cache=cache), jobs[1:], chunksize=8), 2):
            found.append(one)
            if tick is not None:
                tick(number)
    return found
