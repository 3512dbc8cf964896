"""The Dockerfiles of tests/golden/rewrites: one folder a case, read, rewritten, and laid out as a build context.

A case has `Dockerfile`, `context/`, `case.yaml` and, where something is done, `rewritten.Dockerfile` (and
`rewritten.dockerignore`). Used by the golden test, which needs no engine, and by the engine test, which builds both.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bakegen.dockerfile.ignore import DEFAULT_NAME, IgnoreFile
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from bakegen.workspace.disk import DiskFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.driver import Outcome

FOLDER = Path(__file__).resolve().parent / "golden" / "rewrites"
BASES = FOLDER / "bases"
"""`Dockerfile` and context of the bases that the cases build FROM beside those of the harness; no case."""

REWRITTEN = "rewritten.Dockerfile"
REWRITTEN_IGNORE = "rewritten.dockerignore"
PROJECT = "demo"


@dataclass(frozen=True)
class Case:
    """One Dockerfile and what should become of it; `case.yaml` has the fields by these names.

    Attributes:
        name: of the folder.
        title: what is special about it.
        why: why nothing may happen, where nothing may.
        applies: the rewrites that do something, and no others do.
        offers: rewrites that do nothing for want of a fact which they name.
        only, skip, level: as for `bakegen rewrite`.
        args: build arguments.
        also: more sets of build arguments that must give the same images.
        changes: how often a path of the context changed in git.
        archives: tar archives of the context, path -> files in it; `compressed` are packed besides.
        unknown: bases of which no facts are at hand.
        control: whether it installs something, so that two builds of the original may differ.
        build: whether it can be built.
        refused: whether the rewriter does not look at it.
    """

    name: str
    title: str
    why: str = ""
    applies: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    level: str = "proved"
    args: Mapping[str, str] = field(default_factory=dict)
    also: tuple[Mapping[str, str], ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    archives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    compressed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    control: bool = False
    build: bool = True
    refused: bool = False

    @classmethod
    def read(cls, folder: Path) -> Case:
        """The case in `folder`; errors: `TypeError` for a field that there is not."""
        fields: dict[str, Any] = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
        lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        return cls(folder.name, **{**fields, **lists})

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return FOLDER / self.name

    @cached_property
    def dockerfile(self) -> Source:
        """The original."""
        return _source(self.folder / "Dockerfile", "Dockerfile")

    @property
    def ignore(self) -> str:
        """The text of the context's ignore file."""
        path = self.folder / "context" / DEFAULT_NAME
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def lay_out(self, to: Path) -> Path:
        """Makes the build context in `to`, with the archives that are not kept packed; out: `to`."""
        to.mkdir(parents=True)
        if (self.folder / "context").is_dir():
            shutil.copytree(self.folder / "context", to, symlinks=True, dirs_exist_ok=True)
        for path, files in self.archives.items():
            (to / path).parent.mkdir(parents=True, exist_ok=True)
            (to / path).write_bytes(_archive(files, packed=path in self.compressed))
        return to

    def rewrite(
        self, context: Path, bases: Mapping[str, PlatformFacts], *, of: Source | None = None, ignore: str | None = None
    ) -> Outcome:
        """What the rewriter makes of it (or of `of`), with its own checks on.

        Args:
            context: the context, laid out.
            bases: facts of all bases.
            of: another text than the original.
            ignore: another ignore file.
        """
        known = {name: facts for name, facts in bases.items() if name not in self.unknown}
        ignore = self.ignore if ignore is None else ignore
        listed = ListedContext(DiskFolder(context), IgnoreFile.parse(Source(DEFAULT_NAME, ignore)))
        history = Changes(self.changes) if self.changes else None
        return rewrite(
            of or self.dockerfile,
            Evidence(known, listed, history),
            build_args=self.args,
            level=self.level,
            only=self.only,
            skip=self.skip,
            ignore=ignore,
            project=PROJECT,
            strict=True,
        )

    def ignore_after(self, outcome: Outcome) -> str:
        """The ignore file with what the rewriter adds."""
        return "\n".join((*self.ignore.splitlines(), *outcome.ignore, ""))

    def made(self, outcome: Outcome) -> dict[str, str]:
        """The files of the folder as they should be: what a person wrote, and what the rewriter made of it."""
        files = {
            path.relative_to(self.folder).as_posix(): path.read_bytes().decode()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name not in (REWRITTEN, REWRITTEN_IGNORE)
        }
        if outcome.source.text != self.dockerfile.text:
            files[REWRITTEN] = outcome.source.text
        if outcome.ignore:
            files[REWRITTEN_IGNORE] = self.ignore_after(outcome)
        return files


def cases() -> tuple[Case, ...]:
    """All cases, by name."""
    return tuple(Case.read(path.parent) for path in sorted(FOLDER.glob("*/case.yaml")))


class Changes:
    """A history as `changes` of a case has it; what it does not name never changed."""

    def __init__(self, changes: Mapping[str, int]) -> None:
        self._changes = changes

    def changes(self, path: str, exclude: Sequence[str] = ()) -> int | None:
        """How often something at or below `path` changed."""
        below = [name for name in self._changes if not path or name == path or name.startswith(f"{path}/")]
        inside = [name for name in self._changes if path.startswith(f"{name}/")]
        found = (name for name in (*below, *inside) if name not in exclude)
        return max((self._changes[name] for name in found), default=0)


def _source(path: Path, name: str) -> Source:
    return Source(name, path.read_bytes().decode("utf-8", "surrogateescape"))


def _archive(files: Mapping[str, str], *, packed: bool) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(made.getvalue(), mtime=0) if packed else made.getvalue()
