"""Runs the examples of a page one after the other in a folder, as a reader would, and compares what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.docs.pages import ROOT, Block, parse
from tests.unit.workspace.repositories import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.docs.pages import Page

OUTPUT = ("text", "diff")
"""The languages of blocks that show what the command above them prints."""

_SECONDS = 300
_FOREIGN = re.compile(r"^(BAKEGEN_|CI$|CI_|GITHUB_|GITLAB_|JENKINS_|BUILDKITE|CIRCLE|BITBUCKET_|TF_BUILD|BUILD_|GIT_)")


@dataclass(frozen=True, slots=True)
class Chain:
    """Blocks of one page that belong together: each finds the folder as those before it left it."""

    page: str
    steps: tuple[Block, ...]

    @property
    def name(self) -> str:
        """What a test of it is called."""
        return f"{self.page.removeprefix('bakegen/docs/')}:{self.steps[0].line}"

    @property
    def engine(self) -> bool:
        """Whether any of them needs an engine."""
        return any(step.mark.engine for step in self.steps)


def chains(page: Page) -> Iterator[Chain]:
    """The chains of a page: a new one begins where a mark says `new` or `in`; an example of Markdown has its own."""
    steps: list[Block] = []
    for block in page.blocks:
        if block.language == "markdown":
            yield from chains(parse(block.place, block.text))
        if not takes_part(block):
            continue
        if block.mark.new and steps:
            yield Chain(page.path, tuple(steps))
            steps = []
        steps.append(block)
    if any(step.mark.what == "run" for step in steps):
        yield Chain(page.path, tuple(steps))


def takes_part(block: Block) -> bool:
    """Whether a block is run, written or compared: not where it is checked elsewhere or by its language alone."""
    if block.mark.by or block.mark.what in ("not run", "yaml"):
        return False
    return bool(block.mark.what) or block.language in OUTPUT


@dataclass
class Reader:
    """Somebody who follows a page.

    Attributes:
        folder: where it is done; made where it is not there.
        environ: what is set beside the usual.
        replaced: words of the page -> what stands for them here (a registry's host), and back in what is printed.
    """

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)
    printed: str | None = None

    def follow(self, chain: Chain) -> None:
        """Does all of `chain`; fails with the place in the page where it is not as the page says."""
        source = chain.steps[0].mark.folder
        if source:
            shutil.copytree(ROOT / source, self.folder, dirs_exist_ok=True, ignore=_ignored)
        self.folder.mkdir(parents=True, exist_ok=True)
        for step in chain.steps:
            if step.mark.what in ("run", "setup"):
                self._run(step)
            elif step.mark.what == "file":
                path = self.folder / step.mark.value
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self._here(step.text))
            elif step.mark.what == "shows":
                path = self.folder / step.mark.value
                assert path.is_file(), f"{step.place}: there is no {step.mark.value}"
                compare(step, self._there(path.read_text()))
            else:
                assert self.printed is not None, f"{step.place}: no command above it prints this"
                compare(step, self.printed)

    def _run(self, step: Block) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._here(step.text)],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
        )
        self.printed = self._there(done.stdout)
        wanted = step.mark.exit
        assert done.returncode == wanted, f"{step.place}: ended with {done.returncode}, not {wanted}:\n{self.printed}"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
        kept |= {**ENVIRONMENT, "XDG_CACHE_HOME": str(self.folder.parent / "cache"), "NO_COLOR": "1"}
        kept |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "init.defaultBranch", "GIT_CONFIG_VALUE_0": "main"}
        kept |= self.environ
        kept["PATH"] = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{kept['PATH']}"
        kept["PATH"] = f"{os.path.dirname(sys.executable)}{os.pathsep}{kept['PATH']}"  # noqa: PTH120
        return kept

    def _here(self, text: str) -> str:
        for word, other in self.replaced.items():
            text = text.replace(word, other)
        return text

    def _there(self, text: str) -> str:
        for word, other in self.replaced.items():
            text = text.replace(other, word)
        return text


def _ignored(folder: str, names: list[str]) -> list[str]:
    """What a copy of a folder of the repository leaves out: caches, and what a build made there."""
    return [name for name in names if name in ("__pycache__", ".bakegen", ".git", ".venv") or name.endswith(".pyc")]


def compare(step: Block, made: str) -> None:
    """Fails unless the lines of the block are in `made`, one below the other.

    `…` in a line stands for any text, and alone on a line for any lines. White space at line ends does not count.
    """
    found = "\n".join(line.rstrip() for line in made.splitlines()) + "\n"
    assert pattern(step.text).search(found), f"{step.place}: shows\n{step.text}\nbut this came out:\n{found}"


def pattern(text: str) -> re.Pattern[str]:
    """The lines of a block as a pattern for whole lines."""
    parts = []
    for line in text.splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append("[^\n]*?".join(re.escape(part) for part in line.rstrip().split("…")) + "\n")
    return re.compile("^" + "".join(parts), re.MULTILINE)
