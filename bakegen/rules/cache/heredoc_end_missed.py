"""Rule CA343: a heredoc that goes on behind the line that was meant to end it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add, Copy, Run
from bakegen.dockerfile.syntax import KEYWORDS
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.syntax import Heredoc
    from bakegen.rules.dockerfiles import DockerfileSubject

_INSTRUCTION = re.compile(rf"^(?:{'|'.join(KEYWORDS)})[ \t]+\S", re.MULTILINE)


def _missed(heredoc: Heredoc, text: str) -> tuple[Span, str] | None:
    """The place of a line that ends a heredoc but for white space, with what follows in the body."""
    at = heredoc.start
    while at < heredoc.end:
        end = text.find("\n", at, heredoc.end)
        end = heredoc.end if end < 0 else end
        line = text[at:end].rstrip("\r")
        if line.strip() == heredoc.name and line != heredoc.name:
            return Span(at, at + len(line)), text[end : heredoc.end]
        at = end + 1
    return None


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for kind in (Run, Copy, Add):
        for _, command in subject.own(kind):
            for heredoc in command.node.heredocs:
                missed = _missed(heredoc, subject.source.text)
                instruction = _INSTRUCTION.search(missed[1]) if missed is not None else None
                if missed is None or instruction is None:
                    continue
                span = missed[0]
                word = instruction.group().split()[0]
                yield Finding(
                    span,
                    f"white space keeps this line from ending the heredoc: the {word} below is text in it",
                    f"write {heredoc.name} alone on the line",
                    ((command.node.keyword_span, f"the heredoc of this {command.name}"),),
                    Fix((Edit(span, heredoc.name),), "End the heredoc", False, "what it has swallowed takes effect"),
                )


RULE = Rule(
    code="CA343",
    name="heredoc-end-missed",
    summary="End a heredoc with a line of its name alone",
    why="A heredoc ends at a line that is its name and nothing else: a blank before or behind it, and the line is "
    "text. (`<<-` allows tabs before it.) Where another heredoc further down uses the same name, its end is taken, and "
    "all instructions in between become text of the first one. The build may well succeed, without them.\n\n"
    "It is reported where an instruction follows in the body.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A blank behind the name",
            "FROM busybox\nCOPY <<EOF /a\none\n⟦EOF ⟧\nRUN mkdir /x\nCOPY <<EOF /b\ntwo\nEOF\n",
            "FROM busybox\nCOPY <<EOF /a\none\nEOF\nRUN mkdir /x\nCOPY <<EOF /b\ntwo\nEOF\n",
            safe=False,
            message="the RUN below is text",
        ),
        Example(
            "Blanks before it",
            "FROM busybox\nRUN <<EOF\n  mkdir /x\n⟦  EOF⟧\nCOPY a /a\nRUN <<EOF\nmkdir /y\nEOF\n",
            "FROM busybox\nRUN <<EOF\n  mkdir /x\nEOF\nCOPY a /a\nRUN <<EOF\nmkdir /y\nEOF\n",
            safe=False,
        ),
        Example("Tabs before it, which <<- allows", "FROM busybox\nRUN <<-EOF\n\tmkdir /x\n\tEOF\nCOPY a /a\n"),
        Example("The name in a text", "FROM busybox\nCOPY <<EOF /a\n EOF \nis the end\nEOF\nRUN mkdir /x\n"),
        Example("A longer word", "FROM busybox\nCOPY <<EOF /a\nEOF2 \nRUN text\nEOF\n"),
    ),
    words=("<<",),
    links=("https://docs.docker.com/reference/dockerfile/#here-documents",),
)
