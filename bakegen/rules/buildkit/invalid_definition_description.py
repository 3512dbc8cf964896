"""Rule BK119: a comment above ARG or FROM that describes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, From
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Command
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    commands: list[Command] = [*subject.dockerfile.global_args]
    for stage in subject.stages:
        commands += [stage.start, *stage.commands]
    for command in commands:
        names: tuple[str, ...] = ()
        if isinstance(command, From):
            names = (command.stage_name,) if command.stage_name else ()
        elif isinstance(command, Arg):
            names = tuple(item.name for item in command.items)
        comments = command.node.comments
        if names and comments:
            last = comments[-1]
            if last.content(subject.source.text).split(" ")[0] not in names:
                yield _finding(subject, command, names, Span(last.start, last.end))


def _finding(subject: DockerfileSubject, command: Command, names: tuple[str, ...], comment: Span) -> Finding:
    text = subject.source.text
    end = "\r\n" if text[comment.start : comment.end].endswith("\r\n") else "\n"
    shown = Span(comment.start, len(text[: comment.end].rstrip()))
    fix = Fix(
        (Edit(Span(comment.end, comment.end), f"#{end}"),),
        "Put an empty comment below it",
        True,
        "an empty comment ends what describes an instruction",
    )
    return Finding(
        command.span,
        f"the comment above does not describe {names[0] if len(names) == 1 else 'one of ' + ', '.join(names)}",
        f"begin it with the name ({names[0]} …), or put an empty comment (#) below it",
        ((shown, "this comment"),),
        fix,
    )


RULE = Rule(
    code="BK119",
    name="invalid-definition-description",
    summary="Begin the comment above an ARG or a stage with its name",
    why=(
        "`docker build --call=outline` and `--call=targets` show comments as descriptions: `# VERSION of the library` "
        "above `ARG VERSION`, `# test runs the tests` above `FROM … AS test`. A comment that does not begin with the "
        "name describes nothing there. Empty lines between the two change nothing: an empty comment (`#`) "
        "does.\n\nBuildKit calls this check experimental; it runs only when it is asked for, here as there."
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Comments without the names",
            "# The base of all\n⟦FROM scratch AS base⟧\n# what to build\n\n⟦ARG VERSION=1⟧\n",
            "# The base of all\n#\nFROM scratch AS base\n# what to build\n#\n\nARG VERSION=1\n",
            message="base",
        ),
        Example("They begin with the name", "# base of all\nFROM scratch AS base\n# VERSION to build\nARG VERSION=1\n"),
        Example("An empty comment between", "# The base of all\n#\nFROM scratch AS base\n"),
        Example("A stage without a name", "# The base of all\nFROM scratch\n"),
        Example("Other instructions", "FROM scratch\n# What to build\nENV VERSION=1\n"),
    ),
    twins=("buildkit:InvalidDefinitionDescription",),
    words=("#",),
    default=False,
    links=("https://docs.docker.com/reference/build-checks/invalid-definition-description/",),
)
