"""Looks at one file with all that is known around it, and mends it; `linting` asks where no kept result is of use."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.errors import InputError
from bakegen.rules.check import check_dockerfile
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.rules.model import Kind
from bakegen.text import Source
from bakegen.workspace.files import read_regular
from bakegen.workspace.lint_evidence import Neighbourhood
from bakegen.workspace.linting import LARGEST, in_project
from bakegen.workspace.shellcheck import shellcheck

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bakegen.rules.fixing import Fixed
    from bakegen.rules.model import Result
    from bakegen.rules.project_subject import ProjectSubject
    from bakegen.workspace.linting import Job
    from bakegen.workspace.recording import Seen

_BAKE_ORDER = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def look_at(job: Job, source: Source) -> tuple[tuple[Result, ...], tuple[Seen, ...] | None]:
    """What is found in a file, and the record of what that rests on; None where it rests on more than a record tells.

    Raises:
        InputError: an ignore file or the lock is broken.
    """
    return _LOOKS[job.kind](job, source)


def dockerfile_subject(job: Job, source: Source) -> tuple[DockerfileSubject, Neighbourhood]:
    """A Dockerfile with what is known of the files around it, which keep a record of what is looked at."""
    subject = DockerfileSubject(source, settings=job.config.settings, shellcheck=shellcheck(job.shellcheck))
    context = job.context
    if in_project(job.path.resolve().parent):
        from bakegen.workspace.lint_targets import built

        how = built(job.path)
        if how is not None:
            context = context or how.context
            subject.contexts = how.contexts
    around = Neighbourhood(job.path, subject.dockerfile, context)
    subject.evidence, subject.ignore = around.evidence, around.ignore_text
    return subject, around


def _look_at_dockerfile(job: Job, source: Source) -> tuple[tuple[Result, ...], tuple[Seen, ...] | None]:
    subject, around = dockerfile_subject(job, source)
    results = check_dockerfile(subject, job.config, job.below)
    return results, around.seen  # now that the rules have looked


def _look_at_bake_file(job: Job, source: Source) -> tuple[tuple[Result, ...], tuple[Seen, ...] | None]:
    from bakegen.rules.check_bake import check_bake_file

    before, after = _beside(job.path)
    # What it is merged with belongs to the answer and is not in the record: nothing is kept.
    return check_bake_file(source, job.config, job.below, before=before, after=after, more=_composed(job.path)), None


def _composed(path: Path) -> bool:
    """Whether bake reads a compose file together with a bake file of one of its default names."""
    return path.name in _BAKE_ORDER and any(path.with_name(name).is_file() for name in _COMPOSE)


def _beside(path: Path) -> tuple[list[Source], list[Source]]:
    """The files that bake reads before and after one of its default files, as far as they are there."""
    if path.name not in _BAKE_ORDER:
        return [], []
    at = _BAKE_ORDER.index(path.name)
    found: tuple[list[Source], list[Source]] = ([], [])
    for number, name in enumerate(_BAKE_ORDER):
        data, reason = read_regular(path.with_name(name), LARGEST)
        if reason is None and number != at:
            found[number > at].append(Source.from_bytes(path.with_name(name).as_posix(), data))
    return found


def _look_at_definition(job: Job, source: Source) -> tuple[tuple[Result, ...], tuple[Seen, ...] | None]:
    from bakegen.rules.check_project import check_definition

    subject = _definition(job, source, fresh=False)
    return (check_definition(subject, job.config, job.below) if subject is not None else ()), None


def _definition(job: Job, source: Source, *, fresh: bool) -> ProjectSubject | None:
    """A definition file in its project; None for a file of such a name that is in none.

    `fresh` is for a text that is not the one on disk.
    """
    from bakegen.rules.project_subject import ProjectSubject
    from bakegen.workspace.lint_project import load_known
    from bakegen.workspace.lint_targets import known_project, project_root

    root = project_root(job.path.resolve().parent)
    if root is None:
        return None
    below = Path(os.path.relpath(job.path.resolve(), root)).as_posix()
    try:
        known = load_known(root, {below: Source(below, source.text)}) if fresh else known_project(root)
    except InputError as problem:
        known = problem
    settings = job.config.settings
    if isinstance(known, InputError):
        return ProjectSubject(source, None, below, tuple(known.diagnostics), settings)
    return ProjectSubject(source, known, below, settings=settings)


_LOOKS: dict[Kind, Callable[[Job, Source], tuple[tuple[Result, ...], tuple[Seen, ...] | None]]] = {
    Kind.DOCKERFILE: _look_at_dockerfile,
    Kind.BAKE_FILE: _look_at_bake_file,
    Kind.DEFINITIONS: _look_at_definition,
}


def mend(job: Job, *, unsafe: bool = False) -> tuple[Source, Fixed] | None:
    """What a file is and what its fixes make of it; None where it cannot be read. Nothing is written."""
    from bakegen.rules.fixing import fix_dockerfile, fix_other

    data, reason = read_regular(job.path, LARGEST)
    if reason is not None:
        return None
    before = Source.from_bytes(job.shown, data)
    if job.kind is not Kind.DOCKERFILE:
        return before, fix_other(before, partial(_again, job), unsafe=unsafe)

    def look_again(source: Source) -> tuple[DockerfileSubject, Sequence[Result]]:
        subject, _ = dockerfile_subject(job, source)
        return subject, check_dockerfile(subject, job.config, job.below)

    return before, fix_dockerfile(before, look_again, unsafe=unsafe)


def _again(job: Job, source: Source) -> tuple[Result, ...]:
    """What is found in another text of a bake file or definition."""
    from bakegen.rules.check_project import check_definition

    if job.kind is Kind.BAKE_FILE:
        return _look_at_bake_file(job, source)[0]
    subject = _definition(job, source, fresh=True)
    return check_definition(subject, job.config, job.below) if subject is not None else ()
