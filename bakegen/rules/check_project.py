"""Runs the rules about definitions: on one file of a project, or on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.check import check_other
from bakegen.rules.config import Config
from bakegen.rules.definition_pragmas import definition_pragmas
from bakegen.rules.model import Kind
from bakegen.rules.project_subject import ProjectSubject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.rules.model import Result
    from bakegen.rules.project_subject import KnownProject
    from bakegen.text import Source


def check_definition(subject: ProjectSubject, config: Config | None = None, path: str = "") -> tuple[Result, ...]:
    """All findings in one definition file, in its order.

    Args:
        subject: the file and its project.
        config: which rules run, and how bad they are.
        path: the file's path below the configuration's folder, for rules that do not run everywhere.
    """
    config = config or Config()
    if subject.known is not None and not subject.is_project_file and subject.image is None:
        return ()  # some other file of such a name
    given = definition_pragmas(subject) if config.pragmas else ()
    return check_other(subject, Kind.DEFINITIONS, subject.source, config, path, given)


def check_project(known: KnownProject, sources: Iterable[Source], config: Config | None = None) -> tuple[Result, ...]:
    """All findings in the definition files of a project, file by file; each result names its file.

    Args:
        known: the project.
        sources: its definition files, under their paths in the project.
        config: which rules run, and how bad they are.
    """
    config = config or Config()
    found: list[Result] = []
    for source in sources:
        found += check_definition(ProjectSubject(source, known, source.path, settings=config.settings), config)
    return tuple(found)
