"""Rule DF207: an ADD that does what COPY does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Text
    from bakegen.rewrites.model import Proposal
    from bakegen.rules.dockerfiles import DockerfileSubject

# What is, by its name, an archive, a package that may be one, or out of sight.
_MAYBE = re.compile(
    r"^[\"']?(?:\$|\w+://)|@[\w.-]+:|github\.com/|\.git(?:#|$)|"
    r"\.(?:tar|t?(?:gz|bz2?|b2|xz|zst|lz|z|lzma|lz4)|tlz|tpz|layer|rootfs|img|cpio|box|gem|crate|pkg|apk|oci)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(r"\$[\w{}]*[\"']?$")  # what a variable ends
_ROOT = re.compile(r"rootfs|tarball|archive|layer", re.IGNORECASE)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    offered = False
    for stage, command in subject.each(Add):
        own = command in stage.commands
        if own and subject.context is not None:
            offered = True
        elif _plain(command):
            yield _finding(command, all(_sure(source) for source in command.sources))
    if offered:
        from bakegen.rules.offers import offered as offers

        yield from offers(subject, "add-to-copy", "Write COPY", _message, mark=lambda one: one.edits[0].span)


def _message(proposal: Proposal) -> str:
    return "ADD copies here just as COPY does: nothing is fetched or unpacked"


def _plain(command: Add) -> bool:
    if command.checksum is not None or command.unpack is not None or command.keep_git_dir is not None:
        return False
    return not any(_MAYBE.search(source.text) or _OPEN.search(source.text) for source in command.sources)


def _sure(source: Text) -> bool:
    """Whether a name is surely none of an archive: that of a directory, or one with an ending of another kind."""
    last = source.text.strip("\"'").rpartition("/")[2]
    if "$" in last[1:] and not re.search(r"\.[A-Za-z]\w*$", last):
        return False
    return last in ("", ".", "..") or (re.search(r"[^.]\.\w+\*?$", last) is not None and not _ROOT.search(last))


def _finding(command: Add, sure: bool) -> Finding:
    names = ", ".join(source.text for source in command.sources) or "it"
    if sure:
        message, severity = f"ADD copies {names} just as COPY does: nothing is fetched or unpacked", None
    else:
        message, severity = f"ADD copies {names} as COPY does, unless it is an archive", Severity.NOTE
    return Finding(command.node.keyword_span, message, "write COPY", severity=severity)


_FILES = {"app.conf": "x\n", "app/main.py": "", "data": "\x1f\udc8b\x08\x00"}

RULE = Rule(
    code="DF207",
    name="add-for-copy",
    summary="Use COPY where nothing is fetched or unpacked",
    why="ADD fetches URLs and repositories and unpacks local tar archives, which it knows by their content. For "
    "anything else it is COPY under a name that promises more, and the day an archive comes into the directory "
    "it is unpacked all of a sudden.\n\n"
    "With the build context at hand the files are looked at, and the fix is safe. Without it the names are: a "
    "file without an ending may be an archive, and is a note; URLs, Git repositories and what ends like an "
    "archive is left alone. hadolint goes by names only, too, but finds Git sources and `.tar.zst` wrong.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A file of the context",
            "FROM debian\n⟦ADD⟧ app.conf /etc/\n",
            "FROM debian\nCOPY app.conf /etc/\n",
            files=_FILES,
        ),
        Example(
            "A directory, JSON form, in small letters",
            'FROM scratch\n⟦add⟧ --chown=1:1 \\\n  ["app", "/app/"]\n',
            'FROM scratch\ncopy --chown=1:1 \\\n  ["app", "/app/"]\n',
            files=_FILES,
        ),
        Example("Without the context", "FROM debian\n⟦ADD⟧ app.conf . src/ *.jar /etc/\n", message="app.conf"),
        Example("That may be an archive", "FROM debian\n⟦ADD⟧ app /app\n", message="unless it is an archive"),
        Example("In a trigger", "FROM debian\nONBUILD ⟦ADD⟧ . /app\n"),
        Example("An archive by its content", "FROM debian\nADD data /data/\n", files=_FILES),
        Example("An archive by its name", "FROM debian\nADD rootfs.tar.zst app.tgz a.tar.* /\n"),
        Example("A URL, a repository", "FROM debian\nADD https://a.org/b.py /\nADD git@a.org:b/c.git /c\n"),
        Example("A part of a name from outside", "FROM debian\nARG V\n⟦ADD⟧ app-$V.jar /\n"),
        Example("A name from outside", "FROM debian\nARG FILE\nADD $FILE /\nADD app$FILE /\nADD $FILE.jar /\n"),
        Example("Files of another context", "FROM debian\nADD --unpack=true app.conf /\n"),
    ),
    twins=("hadolint:DL3020",),
    words=("add",),
    links=("https://docs.docker.com/build/building/best-practices/#add-or-copy",),
)
