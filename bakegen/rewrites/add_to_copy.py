"""Rewrite `add-to-copy`: an ADD of local files that unpacks nothing becomes a COPY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Add
from bakegen.effects.instructions import REMOTE
from bakegen.effects.model import Equivalence, Tier
from bakegen.facts.model import Kind
from bakegen.rewrites.archives import may_be_archive
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.stages import StepView
    from bakegen.rewrites.model import Situation

_HEAD = 512


def _propose(situation: Situation) -> Iterator[Proposal]:
    for stage in situation.stages:
        for view in stage.own:
            command = view.step.command
            if isinstance(command, Add) and command.unpack is None and command.keep_git_dir is None:
                missing = _missing(view, command)
                if missing is not None:
                    yield _proposal(view, command, missing)


def _missing(view: StepView, command: Add) -> tuple[Missing, ...] | None:
    """What is not known of the sources; None where ADD fetches or unpacks, or where that is likely."""
    around = view.around
    if command.checksum is not None or any(REMOTE.match(source) for source in view.step.sources):
        return None
    unsure = [written.text for written in command.sources if not around.sure(written.text)]
    if unsure:
        return (Missing(f"what {unsure[0]} is in other builds", "write it without build arguments", assumable=False),)
    if not command.sources:
        return ()
    context = around.context
    if context is None:
        names = ", ".join(view.step.sources)
        return (Missing(f"whether {names} holds an archive that ADD unpacks", "give the build context", False),)
    for source in view.step.sources:
        paths = context.matches(source)
        if not paths:
            return None
        for path in paths:
            kind = context.kind(path)
            if kind is Kind.DIRECTORY:
                continue
            text = context.read(path) if kind is Kind.FILE else None
            if text is None or may_be_archive(_head(text.text)):
                return None
    return ()


def _head(text: str) -> bytes:
    return text[:_HEAD].encode("utf-8", "surrogateescape")[:_HEAD]


def _proposal(view: StepView, command: Add, missing: tuple[Missing, ...]) -> Proposal:
    keyword = command.node.keyword
    word = "copy" if keyword.islower() else "COPY"
    return Proposal(
        "add-to-copy",
        command.span,
        (Edit(command.node.keyword_span, word),),
        Tier.FACTS,
        Equivalence.IMAGE,
        "no source is fetched, and none is an archive by its first bytes: ADD copies them just as COPY does",
        "it says what it does; an archive that comes into the context later is not unpacked all of a sudden",
        missing,
    )


_FILES = {"app.conf": "x\n", "app/main.py": "", "data.tar.gz": "\x1f\udc8b\x08\x00", "link": "-> app.conf"}

REWRITE = Rewrite(
    name="add-to-copy",
    order=10,
    summary="Turn ADD into COPY where it neither fetches nor unpacks.",
    why="ADD does what COPY does, and beyond that it fetches URLs and repositories and unpacks local archives, which "
    "it knows by their content and not by their names. The build context says what the files are: with no archive "
    "among them both copy the same bytes, owners and modes.",
    tier=Tier.FACTS,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example("A file", "FROM debian\nADD app.conf /etc/\n", "FROM debian\nCOPY app.conf /etc/\n", _FILES),
        Example(
            "A directory is copied as it is, archives in it too",
            "FROM debian\nadd --chown=1:1 . /app\n",
            "FROM debian\ncopy --chown=1:1 . /app\n",
            _FILES,
        ),
        Example(
            "A name says nothing: this is text",
            "FROM debian\nADD notes.tar.gz /\n",
            "FROM debian\nCOPY notes.tar.gz /\n",
            {"notes.tar.gz": "see the wiki\n"},
        ),
        Example(
            "Every file that a pattern means is looked at",
            'FROM debian\nADD ["*.conf", "/etc/"]\n',
            'FROM debian\nCOPY ["*.conf", "/etc/"]\n',
            _FILES,
        ),
        Example("An archive is unpacked", "FROM debian\nADD data.tar.gz /data/\n", None, _FILES),
        Example("One archive among other files", "FROM debian\nADD app.conf data.tar.gz /\n", None, _FILES),
        Example("A URL is fetched", "FROM debian\nADD https://example.com/app.conf /etc/\n", None, _FILES),
        Example("A repository is fetched", "FROM debian\nADD git@example.com:a/b.git /b\n", None, _FILES),
        Example("A link may lead to an archive", "FROM debian\nADD link /etc/\n", None, _FILES),
        Example(
            "Without the build context",
            "FROM debian\nADD app.conf /etc/\n",
            missing="whether app.conf holds an archive",
        ),
        Example(
            "A source that the command line can change",
            "FROM debian\nARG FILE=app.conf\nADD $FILE /etc/\n",
            None,
            _FILES,
            missing="what $FILE is in other builds",
        ),
    ),
)
