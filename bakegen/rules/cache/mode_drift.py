"""Rule CA347: files whose modes come from the umask of this checkout."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.facts.model import Kind as Entry
from bakegen.rules.cache._stages import from_context
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.facts.model import ContextFacts
    from bakegen.rules.dockerfiles import DockerfileSubject

_MOST = 2000
_USUAL = (0o644, 0o755)


def _files(context: ContextFacts, path: str) -> Iterator[str]:
    """A file, or the files below a directory."""
    waiting = [path]
    while waiting:
        one = waiting.pop()
        kind = context.kind(one)
        if kind is Entry.FILE:
            yield one
        elif kind is Entry.DIRECTORY:
            waiting += [posixpath.join(one, name) for name in reversed(context.children(one) or ())]


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    context = subject.context
    if context is None:
        return
    looked = 0
    for stage in subject.stages:
        for _, command in from_context(stage):
            for source in command.sources:
                if "$" in source.text or "://" in source.text:
                    continue
                for path in (one for match in context.matches(source.text) for one in _files(context, match)):
                    looked += 1
                    mode = context.mode(path)
                    if looked > _MOST:
                        return
                    if mode is None or mode in _USUAL:
                        continue
                    yield Finding(
                        source.span,
                        f"{path} has the mode {mode:04o} here, and another checkout of it has another cache key",
                        "check out with umask 022",
                    )
                    # One is enough: all of a checkout have the same umask.
                    return


RULE = Rule(
    code="CA347",
    name="mode-drift",
    summary="Build from checkouts with the same umask",
    why="The modes of files are part of the cache key of a COPY, but git keeps only whether a file is executable: the "
    "rest comes from the umask of whoever checks out. With 022, which CI runners have, files are 0644; with 002, "
    "the default of many desktops, they are 0664, and neither finds anything in the cache of the other; the image "
    "differs, too.\n\n"
    "It is a property of one checkout, so the rule runs only where it is asked for: best in CI, before a build. "
    "`--chmod` on the COPY makes the image the same whatever the umask was, but not the cache key, which is made of "
    "the files as they come.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A file that was checked out with umask 002",
            "FROM scratch\nCOPY ⟦src⟧ /src/\nCOPY a.txt /\n",
            files={"src/b.py": "", "src/x/c.py": "(664) ", "a.txt": "(664) "},
            message="src/x/c.py has the mode 0664",
        ),
        Example("The usual modes", "FROM scratch\nCOPY . /src/\n", files={"a.txt": "", "run.sh": "(755) "}),
        Example(
            "With --chmod the image is the same, but not the key",
            "FROM scratch\nCOPY --chmod=644 ⟦a.txt⟧ /src/\n",
            files={"a.txt": "(600) "},
        ),
        Example("No context is known", "FROM scratch\nCOPY . /src/\n"),
        Example("Not copied", "FROM scratch\nCOPY b.txt /\n", files={"a.txt": "(600) ", "b.txt": ""}),
    ),
    words=("copy", "add"),
    default=False,
    links=("https://github.com/moby/moby/issues/32816",),
)
