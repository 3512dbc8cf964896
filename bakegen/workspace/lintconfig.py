"""Finds what configuration files say about linting a file: from its folder up to the top of the git work tree."""

from __future__ import annotations

import os
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.diagnostics import Diagnostic, Severity, error
from bakegen.errors import InputError
from bakegen.rules.config import in_globs
from bakegen.rules.settings import LINT_FILE, PROJECT_FILE, LintSettings, lint_settings, read_lint_toml
from bakegen.rules.settings_keys import BASELINE_FILE, HADOLINT_FILES
from bakegen.text import Source
from bakegen.values import dataclass
from bakegen.workspace.files import read_regular

if TYPE_CHECKING:
    from bakegen.rules.config import Config
    from bakegen.rules.settings import Given

_LARGEST = 4 << 20


@dataclass(frozen=True)
class Found:
    """What counts for the files of a folder.

    Attributes:
        settings: what was said.
        folder: what paths and globs are relative to: the folder of the configuration, or the top of the work tree.
        files: the configuration files, ours first.
        warnings: what is odd in them.
    """

    settings: LintSettings
    folder: Path
    files: tuple[Path, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def config(self) -> Config:
        """Which rules run."""
        return self.settings.config

    def below(self, path: Path) -> str:
        """`path` as globs see it: relative to `folder` with ``/``; only its name where it lies elsewhere."""
        whole = _absolute(path)
        return whole.relative_to(self.folder).as_posix() if whole.is_relative_to(self.folder) else whole.name

    def excludes(self, path: Path) -> bool:
        """Whether a file is not looked at."""
        return bool(self.settings.exclude) and in_globs(self.below(path), self.settings.exclude)

    @property
    def baseline(self) -> Path | None:
        """The file with known findings: the one that was named, there or not, or the usual one if it is there."""
        if self.settings.baseline:
            return self.folder / self.settings.baseline
        usual = self.folder / BASELINE_FILE
        return usual if usual.is_file() else None


@dataclass
class LintConfigs:
    """The configuration of each folder, read once.

    Attributes:
        only: the file that was named on the command line, which counts for all.
        isolated: whether no file is read.
    """

    only: Path | None = None
    isolated: bool = False
    _found: dict[Path, Found] = field(default_factory=dict)
    _above: dict[Path, list[Path]] = field(default_factory=dict)
    _read: dict[Path, tuple[Given | None, tuple[Diagnostic, ...]]] = field(default_factory=dict)

    def of(self, path: Path) -> Found:
        """What counts for a file or a folder, which need not exist.

        Raises:
            InputError: a configuration file is wrong, or cannot be read.
        """
        whole = _absolute(path)
        folder = whole if whole.is_dir() else whole.parent
        found = self._found.get(folder)
        if found is None:
            found = self._found[folder] = self._look(folder)
        return found

    def _up_to_top(self, folder: Path) -> list[Path]:
        """The folder and those above it up to the top of its git work tree; empty where there is none."""
        known = self._above.get(folder)
        if known is None:
            if (folder / ".git").exists():
                known = [folder]
            else:
                rest = self._up_to_top(folder.parent) if folder.parent != folder else []
                known = [folder, *rest] if rest else []
            self._above[folder] = known
        return known

    def _look(self, folder: Path) -> Found:
        above = self._up_to_top(folder) or [folder]
        top = above[-1]
        if self.isolated:
            return Found(lint_settings({}, top.name or "project"), top)
        if self.only is not None:
            only = _absolute(self.only)
            given, problems = self._given(only, named=True)
            return _made(given or {}, only.parent, (only,), problems, top)
        ours, ours_from, problems = self._nearest(above, (LINT_FILE, PROJECT_FILE))
        theirs, theirs_from, more = self._nearest(above, HADOLINT_FILES)
        files = tuple(one for one in (ours_from, theirs_from) if one is not None)
        given = {**(theirs or {}), **(ours or {})}
        return _made(given, files[0].parent if files else top, files, (*problems, *more), top)

    def _nearest(
        self, above: list[Path], names: tuple[str, ...]
    ) -> tuple[Given | None, Path | None, tuple[Diagnostic, ...]]:
        """What the nearest file of one of these names says that says anything, and which that is."""
        for folder in above:
            for name in names:
                given, problems = self._given(folder / name)
                if given is not None or problems:
                    return given, folder / name, problems
        return None, None, ()

    def _given(self, path: Path, *, named: bool = False) -> tuple[Given | None, tuple[Diagnostic, ...]]:
        if path not in self._read:
            self._read[path] = _read(path, named=named)
        return self._read[path]


def _made(given: Given, folder: Path, files: tuple[Path, ...], problems: tuple[Diagnostic, ...], top: Path) -> Found:
    if any(one.severity is Severity.ERROR for one in problems):
        raise InputError(problems)
    return Found(lint_settings(given, top.name or "project"), folder, files, problems)


def _read(path: Path, *, named: bool) -> tuple[Given | None, tuple[Diagnostic, ...]]:
    if not path.is_file():
        return None, (error("unreadable-file", f"there is no file {_shown(path)!r}"),) if named else ()
    data, reason = read_regular(path, _LARGEST)
    if reason is not None:
        return None, (error("unreadable-file", f"cannot read {_shown(path)!r}: {reason}"),)
    source = Source.from_bytes(_shown(path), data)
    problems: list[Diagnostic] = []
    if path.suffix in (".yaml", ".yml"):
        from bakegen.rules.hadolint_config import read_hadolint  # with the YAML parser

        return read_hadolint(source, problems), tuple(problems)
    given = read_lint_toml(source, problems, anywhere=named)
    return given, tuple(problems)


def _shown(path: Path) -> str:
    """The path as messages say it: from the current folder where it lies below that."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def _absolute(path: Path) -> Path:
    """The absolute path; links are followed in no part of it, as the user means the folder that was written."""
    return Path(os.path.abspath(path))  # noqa: PTH100
