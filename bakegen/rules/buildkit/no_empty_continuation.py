"""Rule BK102: empty lines inside an instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.syntax import LeafKind
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.syntax import Instruction
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    text = subject.source.text
    if not any(one.code == "empty-continuation" for one in subject.dockerfile.tree.diagnostics):
        return
    for node in subject.dockerfile.tree.instructions:
        if node.segments is not None:
            blanks = list(_blank_lines(node, text))
            if blanks:
                yield _finding(node, text, blanks)


def _blank_lines(node: Instruction, text: str) -> Iterator[Span]:
    at = text.find("\n", node.start) + 1
    while 0 < at < node.line_end:
        end = text.find("\n", at) + 1 or len(text)
        if not text[at:end].strip():
            yield Span(at, end)
        at = end


def _finding(node: Instruction, text: str, blanks: list[Span]) -> Finding:
    # BuildKit reports the last line of the instruction.
    end = len(text[: node.line_end].rstrip("\r\n")) if text[node.line_end - 1] == "\n" else node.line_end
    if text[: node.line_end].endswith(("\n\n", "\n\r\n")):
        start = end = blanks[-1].start
    else:
        start = text.rfind("\n", 0, end) + 1
        start += len(text[start:end]) - len(text[start:end].lstrip())
    kinds = {leaf.start: leaf.kind for leaf in node.leaves(text)}
    # At the end of a file the line end may be all that ends the instruction.
    edits = tuple(Edit(span, "") for span in blanks if kinds.get(span.start) is LeafKind.BLANK)
    several = "empty lines" if len(blanks) > 1 else "an empty line"
    fix = Fix(
        edits, "Take the empty lines out", True, "BuildKit drops them, and the comments between, before it reads on"
    )
    return Finding(
        Span(start, max(start, end)),
        f"{several} inside this {node.name}",
        "take them out, or make them comments" if len(blanks) > 1 else "take it out, or make it a comment",
        tuple((Span(span.start, span.start), "empty") for span in blanks),
        fix if len(edits) == len(blanks) else None,
    )


RULE = Rule(
    code="BK102",
    name="no-empty-continuation",
    summary="Leave no empty lines inside an instruction",
    why=(
        "A line that ends in the escape character goes on in the next one. BuildKit passes over empty lines there, for "
        "the sake of old files, and says that a later version will refuse them. Where the escape character at the end "
        "of the last line was left by mistake, the empty line does not stop it either: what follows becomes part of "
        "the instruction.\n\nComment lines are fine: they are passed over, too, and stay so."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "An empty line between the words of a command",
            "FROM busybox\nRUN echo one \\\n\n ⟦two⟧\n",
            "FROM busybox\nRUN echo one \\\n two\n",
            message="RUN",
        ),
        Example(
            "Several, and a comment that stays",
            "FROM busybox\nRUN echo one \\\n\n # two\n\n && echo three \\\n   \n ⟦&& echo four⟧\nUSER nobody\n",
            "FROM busybox\nRUN echo one \\\n # two\n && echo three \\\n && echo four\nUSER nobody\n",
        ),
        Example(
            "What follows belongs to it",
            "FROM busybox\nRUN echo \\\n\n⟦RUN true⟧\n",
            "FROM busybox\nRUN echo \\\nRUN true\n",
        ),
        Example("A comment is no empty line", "FROM busybox\nRUN echo one \\\n#\n two\n"),
        Example("Empty lines of a heredoc", "FROM busybox\nRUN <<EOF\necho one\n\necho two\nEOF\n"),
        Example("An empty line between instructions", "FROM busybox\n\nRUN true\n"),
    ),
    twins=("buildkit:NoEmptyContinuation",),
    links=("https://docs.docker.com/reference/build-checks/no-empty-continuation/",),
)
