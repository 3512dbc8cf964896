"""Rule CA311: a COPY of everything takes files that change by themselves and that no image needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Run
from bakegen.rules.cache._stages import from_context, shown, takes_all
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject

_CHURN = (
    *(".git", ".hg", ".svn", "**/node_modules", "**/__pycache__", "**/.venv", "venv", "**/.DS_Store", "**/*.swp"),
    *("**/*.log", ".tox", ".nox", "**/.mypy_cache", "**/.pytest_cache", "**/.ruff_cache", "**/.coverage", ".terraform"),
    *(".gradle", ".idea", ".vscode", "**/.next/cache", "**/.cache"),
)
"""Patterns for an ignore file: what tools write while one works, and never on purpose for an image."""
_MOST_SHOWN = 4


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    context = subject.context
    if context is None:
        return
    for stage in subject.stages:
        for _, command in from_context(stage):
            if not takes_all(command):
                continue
            from bakegen.rewrites.ignore_file import matched

            excluded = {pattern.text for pattern in command.exclude}
            if _needs_git(subject, stage):
                excluded.add(".git")
            wanted = [pattern for pattern in _CHURN if not excluded & {pattern, pattern.removeprefix("**/")}]
            found = matched(context, wanted)
            if found:
                paths = list(found.values())
                more = f" and {len(paths) - _MOST_SHOWN} more" if len(paths) > _MOST_SHOWN else ""
                names = ", ".join(paths[:_MOST_SHOWN])
                yield Finding(
                    command.span,
                    f"`{shown(subject, command)}` takes {names}{more}: any change there runs all below it again",
                    f"add to the ignore file: {' '.join(found)}",
                )


def _needs_git(subject: DockerfileSubject, stage: Stage) -> bool:
    """Whether the stage may look at the repository: versions are often made out of it."""
    runs = [one for one in stage.commands if isinstance(one, Run)]
    return any("git" in subject.slice(one.span) for one in runs)


RULE = Rule(
    code="CA311",
    name="context-churn",
    summary="Keep out of the build context what changes by itself",
    why="The cache key of `COPY . .` is made of all files that it takes. A `git commit` changes `.git`, a test run "
    "writes `__pycache__` and logs, an editor leaves its own files: each time everything below the COPY runs again "
    "though no source has changed. `node_modules` and virtual environments of the host are large, too, and made for "
    "another system than the image.\n\n"
    "A line in `.dockerignore` keeps them out. The names in the message are files and directories that are in the "
    "build context as it is now. If the image does need one of them, copy it by name.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The repository itself",
            "FROM scratch\n⟦COPY . /app⟧\n",
            files={"main.py": "", ".git/HEAD": "ref: refs/heads/main\n", "pkg/__pycache__/m.pyc": ""},
            message=".git, pkg/__pycache__",
        ),
        Example(
            "Left out by the ignore file",
            "FROM scratch\nCOPY . /app\n",
            files={"main.py": "", ".git/HEAD": ""},
            ignore=".git\n",
        ),
        Example("Left out by the COPY", "FROM scratch\nCOPY --exclude=.git . /app\n", files={"m": "", ".git/HEAD": ""}),
        Example(
            "A RUN asks git", "FROM a\nCOPY . /a\nRUN cd /a && git describe > /v\n", files={"m": "", ".git/HEAD": ""}
        ),
        Example("Only a part is copied", "FROM scratch\nCOPY src /app\n", files={"src/m": "", ".git/HEAD": ""}),
        Example("Nothing is known of the context", "FROM scratch\nCOPY . /app\n"),
    ),
    words=("copy", "add"),
)
