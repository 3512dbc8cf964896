"""The pages of all commands, of exit codes and of environment variables, made from the commands themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from bakegen.cli.help_page import paragraphs, sections, summary
from bakegen.cli.manual import Command, Group
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bakegen.cli.help_page import Section

HEAD = "<!-- Made from the commands in bakegen/cli; do not edit. -->"
"""The first line of each page."""

_TERMS = {"Examples": "command", "Exit codes": "code", "Environment": "variable", "Arguments": "argument"}

_FLAG = re.compile(r"(?<![\w-])(?:--[a-z][a-z-]*|-[a-z](?![\w-]))(?:[= ][A-Z][A-Z/=]+(?![a-z]))?")
"""An option in plain text, with what it takes."""

_MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.CLEAN: "Done, and nothing is wrong.",
    ExitCode.FINDINGS: "Done, and there is something to know: a file is out of date, a finding, a difference, a target "
    "that failed.",
    ExitCode.BAD_INPUT: "Bad input or usage. What is wrong is said with its place; nothing was written.",
    ExitCode.ENGINE: "A Docker engine, buildx, a registry, git or another program failed or is not there.",
    ExitCode.BUG: "A bug of bakegen: what is printed is ready for a report.",
    ExitCode.TIMED_OUT: "Not done within `--timeout`.",
    ExitCode.HUNG_UP: "Ended by SIGHUP: the terminal went away.",
    ExitCode.INTERRUPTED: "Ended by SIGINT: somebody pressed Ctrl-C.",
    ExitCode.TERMINATED: "Ended by SIGTERM, as CI services end jobs.",
}


def walk(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    """The context of `command` and of all commands below it that are not hidden, in their order."""
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from walk(inner, click.Context(inner, context, name, **inner.context_settings))


def contexts() -> list[click.Context]:
    """Those of bakegen itself and of all its commands."""
    from bakegen.cli.main import cli

    return list(walk(cli, click.Context(cli, info_name="bakegen", **cli.context_settings)))


def file_name(path: str) -> str:
    """The page of the command with this path: ``bakegen cache prune`` is in ``cache-prune.md``."""
    return "-".join(path.split()[1:]) + ".md"


def pages() -> dict[str, str]:
    """All generated pages of the command line, by their path below ``reference``."""
    from bakegen.cli.reference_tables import environment, files

    found = contexts()
    made = {f"commands/{file_name(one.command_path)}": page(one) for one in found[1:]}
    made |= {"commands.md": index(found[0]), "exit-codes.md": exit_codes(found)}
    return {**made, "environment.md": environment(found), "files.md": files(found)}


def index(root: click.Context) -> str:
    """The page that lists all commands, and what holds for each of them."""
    command = root.command
    assert isinstance(command, Group)
    lines = [HEAD, "# Commands", "", words(summary(command)), ""]
    lines += ["`bakegen help COMMAND` shows a page as text, `bakegen help --man COMMAND` as a manual page.", ""]
    for heading, commands in command.sections(root).items():
        rows = [(f"[bakegen {name}](commands/{name}.md)", words(said)) for name, said in commands.items()]
        lines += [f"## {heading}", "", *table(("command", "what it does"), rows), ""]
    for section in sections(command, root):
        if section.heading not in (*command.sections(root), "Exit codes"):
            lines += [*_section(section), ""]
    return "\n".join(lines)


def page(context: click.Context) -> str:
    """The page of one command: the sections of its help."""
    command = context.command
    assert isinstance(command, Command | Group)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [HEAD, f"# {context.command_path}", "", words(summary(command)), "", f"`{usage}`", ""]
    for paragraph in paragraphs(command)[1:]:
        if paragraph.startswith("\b"):
            lines += ["```text", *paragraph.removeprefix("\b").strip("\n").split("\n"), "```", ""]
        else:
            lines += [words(" ".join(paragraph.split())), ""]
    below = command.sections(context) if isinstance(command, Group) else {}
    for section in sections(command, context):
        if section.heading in below:
            name = context.command_path.partition(" ")[2]
            rows = [(f"[{term}]({name}-{term}.md)", words(said)) for term, said in section.rows]
            lines += [f"## {section.heading}", "", *table(("command", "what it does"), rows), ""]
        else:
            lines += [*_section(section), ""]
    return "\n".join(lines)


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.heading}"
    yield ""
    if section.heading == "See also":
        yield ", ".join(f"[{one}]({file_name(one)})" for one in section.text.split(", "))
    elif section.text:
        yield from ("```text", *section.text.strip("\n").split("\n"), "```")
    elif section.heading == "Files":
        yield from (f"- {term}: {words(said)}" for term, said in section.rows)
    else:
        term = _TERMS.get(section.heading, "option")
        yield from table((term, "meaning"), [(code(one), words(said)) for one, said in section.rows])


def exit_codes(found: Sequence[click.Context]) -> str:
    """The page of exit codes: what each means, and when each command ends with it."""
    lines = [HEAD, "# Exit codes", "", *table(("code", "meaning"), [(str(int(c)), m) for c, m in _MEANINGS.items()])]
    lines += ["", "Where nobody reads what is printed (`| head`), the code is that of what was done.", ""]
    for exit_code in (ExitCode.CLEAN, ExitCode.FINDINGS, ExitCode.ENGINE, ExitCode.TIMED_OUT):
        rows = []
        for context in found[1:]:
            manual = getattr(context.command, "manual", None)
            if manual is not None and exit_code in manual.exits:
                name = f"[{context.command_path}](commands/{file_name(context.command_path)})"
                rows.append((name, words(manual.exits[exit_code])))
        if rows:
            lines += [f"## {int(exit_code)}", "", *table(("command", "when"), rows), ""]
    return "\n".join(lines)


def words(text: str) -> str:
    """Plain text as Markdown: options become code; what would be a tag, emphasis or a cell outside of it is escaped."""
    parts = text.split("`")
    return "`".join(_plain(one) if at % 2 == 0 else one.replace("|", "\\|") for at, one in enumerate(parts))


def _plain(text: str) -> str:
    escaped = re.sub(r"[<*|]", r"\\\g<0>", text)
    return _FLAG.sub(r"`\g<0>`", escaped)


def code(text: str) -> str:
    """`text` as code in a table."""
    return f"`{text}`".replace("|", "\\|")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    titles = list(head)
    return [_row(titles), _row(["---"] * len(titles)), *(_row(row) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
