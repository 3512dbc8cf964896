"""Rule CA324: ``--link`` of a file to a directory that does not end with a slash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.facts.model import Kind as Entry
from bakegen.rules.cache._links import facts, into, is_context, linked, made_directories, symlinks
from bakegen.rules.cache._stages import destination, lineage
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Transfer
    from bakegen.rules.dockerfiles import DockerfileSubject

_EVERYWHERE = frozenset(
    ("/etc", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/tmp", "/var", "/root")
)
_FILE = re.compile(
    r".+\.(?:json|toml|ya?ml|txt|conf|cfg|ini|sh|py|js|mjs|cjs|ts|xml|html|css|lock|crt|pem|key|sql|md|jar|war|deb|rpm|apk"
    r"|whl|properties|rb|php|pl|lua|env|service|repo|list)"
)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, command in linked(subject):
        if into(command) or len(command.sources) + len(command.files) != 1:
            continue
        path = destination(subject, stage, command)
        sure = _is_file(subject, command) if path is not None and path != "/" else None
        who = _directory(subject, stage, command, path) if path is not None and sure is not None else ""
        if not who:
            continue
        span = command.destination.span
        plain = subject.slice(span) == command.destination.text
        why = "the file goes into the directory, which stays"
        yield Finding(
            span,
            f"--link puts a file in the place of {path}, which is a directory ({who})",
            f"end it with a slash: {command.destination.text}/",
            fix=Fix((Edit(Span(span.end, span.end), "/"),), "End it with a slash", False, why) if plain else None,
            severity=None if sure else Severity.WARNING,
        )


def _is_file(subject: DockerfileSubject, command: Transfer) -> bool | None:
    """Whether the only source is a file: True where that is known, False where its name says so, else None."""
    if command.files:
        return True
    source = subject.steps[command].sources[0]
    if subject.context is not None and is_context(command):
        kinds = {subject.context.kind(path) for path in subject.context.matches(source)}
        return True if kinds == {Entry.FILE} else None
    return False if _FILE.fullmatch(source.rpartition("/")[2]) else None


def _directory(subject: DockerfileSubject, stage: Stage, command: Transfer, path: str) -> str:
    """Who says that a path is a directory; "" where nobody does."""
    made = made_directories(subject, stage, command).get(path, "")
    image = lineage(subject, stage)[0].start.image.text
    known = facts(subject, stage)
    if made:
        return made
    if known is not None:
        return f"in {image}" if known.is_directory(path) else ""
    if image == "scratch" or "$" in image or path in symlinks(subject, stage):
        return ""
    return f"in {image}" if path in _EVERYWHERE else ""


RULE = Rule(
    code="CA324",
    name="link-without-slash",
    summary="End the destination of COPY --link with a slash where it is a directory",
    why="A plain `COPY app.conf /etc` looks whether `/etc` is a directory and copies into it. With `--link` there is "
    "nothing to look at: the file is copied *as* `/etc`, and in the image a file stands where a directory was, with "
    "all that was in it gone. With a slash at its end the destination is a directory in both cases.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A directory of every image",
            "FROM debian\nCOPY --link app.conf ⟦/etc⟧\n",
            "FROM debian\nCOPY --link app.conf /etc/\n",
            safe=False,
            files={"app.conf": ""},
            message="/etc, which is a directory",
        ),
        Example(
            "A directory that WORKDIR makes",
            "FROM alpine\nWORKDIR /app\nCOPY --link package.json ⟦/app⟧\n",
            "FROM alpine\nWORKDIR /app\nCOPY --link package.json /app/\n",
            safe=False,
        ),
        Example("With a slash", "FROM debian\nCOPY --link app.conf /etc/\n"),
        Example("A directory is copied into it", "FROM debian\nCOPY --link conf /etc\n", files={"conf/a": ""}),
        Example("The file gets that name", "FROM debian\nCOPY --link app.conf /etc/app\n", files={"app.conf": ""}),
        Example("Nothing is known of the source", "FROM debian\nCOPY --link conf /etc\n"),
    ),
    words=("--link",),
)
