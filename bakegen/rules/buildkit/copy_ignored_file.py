"""Rule BK118: COPY of what the ignore file leaves out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add, Copy
from bakegen.rules.buildkit._walk import carried_out
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.ignore import Rule as Line
    from bakegen.rules.dockerfiles import DockerfileSubject

_REMOTE = re.compile(r"(?:https?|git|ssh)://|github\.com/|[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:")
_WHOLE = ("*", "**", "**/*")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if not subject.ignore.strip():
        return
    from bakegen.dockerfile.ignore import IgnoreFile  # only where there is one

    lines = IgnoreFile.parse(Source(".dockerignore", subject.ignore)).rules
    # With exceptions it cannot be said what is left of a directory: BuildKit does not try either.
    if not lines or any(line.negated for line in lines):
        return
    for done in carried_out(subject, Copy, Add):
        command = done.step.command
        assert isinstance(command, (Copy, Add))
        if isinstance(command, Copy) and command.source_stage is not None:
            continue
        for source, written in zip(done.step.sources, command.sources, strict=True):
            line = None if _REMOTE.match(source) else _left_out(source, lines)
            if line is not None:
                yield Finding(
                    done.span(written.span),
                    f"the ignore file leaves {written.text} out of the build context, by its pattern {line}",
                    f"take {written.text} out of the {command.name}, or the pattern out of the ignore file",
                    done.label(subject),
                )


def _left_out(source: str, lines: tuple[Line, ...]) -> Line | None:
    from bakegen.dockerfile.patterns import clean

    path = clean(source)
    if path in (".", "/") and not any(line.pattern in _WHOLE for line in lines):
        return None
    parts = path.split("/")
    paths = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return next((line for line in lines if any(line.matcher.matches(one) for one in paths)), None)


RULE = Rule(
    code="BK118",
    name="copy-ignored-file",
    summary="Copy nothing that the ignore file leaves out",
    why=(
        "What a pattern of the ignore file matches is never sent to the builder. A COPY of just that fails the build "
        '("not found"); one with a wildcard, or of several directories, copies less than it says. Nothing is reported '
        "where the ignore file has exceptions (`!`): then part of a directory may be there.\n\nThe patterns are "
        "matched as BuildKit does it: a wildcard of the COPY is compared as it stands, and a source that begins with "
        "`/` is not cut."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A file and a directory that are left out",
            "FROM scratch\nCOPY ⟦dist/⟧ ⟦./notes.md⟧ main.py /app/\n",
            ignore="*.md\ndist\n",
            files={"main.py": ""},
            message="dist/",
        ),
        Example("What is below a directory", "FROM scratch\nADD ⟦build/out/app⟧ /\n", ignore="build\n"),
        Example("Everything is left out", "FROM scratch\nCOPY ⟦.⟧ /app/\n", ignore="**\n"),
        Example("The directory itself, with less in it", "FROM scratch\nCOPY . /app/\n", ignore="*.md\n"),
        Example("An exception", "FROM scratch\nCOPY a.md /\n", ignore="*.md\n!a.md\n", files={"a.md": ""}),
        Example(
            "From another stage",
            "FROM busybox AS a\nRUN mkdir /dist\nFROM scratch\nCOPY --from=a dist /dist\n",
            ignore="dist\n",
        ),
        Example(
            "Not in the context's root", "FROM scratch\nCOPY sub/dist /x\n", ignore="dist\n", files={"sub/dist": ""}
        ),
        Example("From elsewhere", "FROM scratch\nADD https://example.com/a.md /\n", ignore="**/*.md\n", build=False),
    ),
    twins=("buildkit:CopyIgnoredFile",),
    words=("copy", "add"),
    links=("https://docs.docker.com/reference/build-checks/copy-ignored-file/",),
)
