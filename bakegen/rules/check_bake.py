"""Checks one bake file: reads it, runs the rules for bake files, leaves out what comments silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.bakefile_pragmas import bake_pragmas
from bakegen.rules.bakefile_subject import BakeSubject
from bakegen.rules.check import check_other
from bakegen.rules.config import Config
from bakegen.rules.model import Kind, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.text import Source


def check_bake_file(
    source: Source,
    config: Config | None = None,
    path: str = "",
    *,
    before: Sequence[Source] = (),
    after: Sequence[Source] = (),
    more: bool = False,
) -> tuple[Result, ...]:
    """All findings in a bake file, in the order of the file.

    Args:
        source: the bake file, HCL or JSON.
        config: which rules run, and how bad they are.
        path: the file's path below the configuration's folder, for rules that do not run everywhere.
        before: files that bake reads before it, such as ``docker-bake.hcl`` for ``docker-bake.override.hcl``.
        after: files that bake reads after it.
        more: whether bake reads further files with it that are not given, such as a compose file beside it: rules
            that must know everything then find nothing.
    """
    config = config or Config()
    subject = BakeSubject(source, config.settings, before, after, more=more)
    return check_other(subject, Kind.BAKE_FILE, source, config, path, bake_pragmas(subject.document))
