"""The help of a command as sections, and these laid out for a terminal; part of `--help` and of `bakegen help`."""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from bakegen.cli.manual import Command, Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NO_BREAK = "\N{NON-BREAKING HYPHEN}"

_SHARED = {
    "Project": "--project --registry --set --allow-outside",
    "Branch": "--branch --base --default-branch --trusted --trust-tags --event",
    "Output": "--format --output --report --events --dotenv --html --progress",
}
_ENVIRONMENT = re.compile(r"\[env: ([A-Z_]+)")
_EXITS = {
    0: "done",
    2: "bad input or usage",
    70: "a bug of bakegen",
}
_SIGNALS = ("129, 130, 143", "ended by a signal: SIGHUP, SIGINT, SIGTERM")
_NAMED = re.compile(r"(?:(?<=^)|(?<=[|&;] )|(?<=\$\())bakegen(?= )")


class Section(NamedTuple):
    """One section: either `rows` of a term and what is said of it, or `text` that is shown as it is."""

    heading: str
    rows: Sequence[tuple[str, str]] = ()
    text: str = ""


def paragraphs(command: click.Command) -> list[str]:
    """The docstring of a command, cut where lines are empty; its first is the summary."""
    text = inspect.cleandoc(command.help or "").partition("\f")[0]
    return [one for one in text.split("\n\n") if one.strip()]


def summary(command: click.Command) -> str:
    """The one line that says what a command does."""
    found = paragraphs(command)
    return " ".join(found[0].split()) if found else ""


def write(command: Command | Group, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Lays the help of a command out."""
    command.format_usage(ctx, formatter)
    for paragraph in paragraphs(command):
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_joined(paragraph))
    for section in sections(command, ctx):
        with formatter.section(_bold(section.heading)):
            if section.rows:
                rows = [(term, _joined(said)) for term, said in section.rows]
                formatter.write_dl(rows, col_max=42 if section.heading == "Examples" else 30)
            else:
                for line in section.text.strip("\n").split("\n"):
                    formatter.write(f"{'':{formatter.current_indent}}{line}".rstrip() + "\n")
    formatter.buffer[:] = [one.replace(_NO_BREAK, "-") for one in formatter.buffer]


def _joined(text: str) -> str:
    """`text` whose names with hyphens in them are not torn apart at the end of a line."""
    return text.replace("-", _NO_BREAK)


def _bold(heading: str) -> str:
    from bakegen.cli import console

    return console.style(heading, "bold", sys.stdout)


def sections(command: Command | Group, ctx: click.Context) -> Iterator[Section]:
    """What follows the description, in order."""
    manual = command.manual
    if manual is None:
        yield from _options(command, ctx)
        return
    if manual.arguments:
        yield Section("Arguments", list(manual.arguments.items()))
    if isinstance(command, Group):
        for heading, commands in command.sections(ctx).items():
            yield Section(heading, list(commands.items()))
    yield from _options(command, ctx)
    for heading, text in manual.notes.items():
        yield Section(heading, text=text)
    name = ctx.find_root().info_name or "bakegen"
    yield Section("Examples", [(_NAMED.sub(name, line), what) for line, what in manual.examples.items()])
    exits = sorted({**_EXITS, **manual.exits}.items())
    yield Section("Exit codes", [*((str(int(code)), what) for code, what in exits), _SIGNALS])
    if variables := {**_variables(command, ctx), **manual.environment}:
        yield Section("Environment", list(variables.items()))
    yield Section("Files", [("reads", manual.reads or "nothing"), ("writes", manual.writes or "nothing")])
    if manual.see:
        yield Section("See also", text=", ".join(f"{name} {one.replace('/', ' ')}" for one in manual.see.split()))


def _options(command: Command | Group, ctx: click.Context) -> Iterator[Section]:
    """The options below their headings: those of the command, then shared ones, then the others."""
    own = command.manual.headings if command.manual is not None else {}
    places = {flag: heading for heading, flags in (*_SHARED.items(), *own.items()) for flag in flags.split()}
    found: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*own, *_SHARED, "Options")}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if record is not None:
            found[next((places[flag] for flag in param.opts if flag in places), "Options")].append(record)
    yield from (Section(heading, rows) for heading, rows in found.items() if rows)


def _variables(command: click.Command, ctx: click.Context) -> dict[str, str]:
    """The environment variables that options name, with the option each stands for."""
    found = {}
    for param in command.get_params(ctx):
        if isinstance(param, click.Option) and (match := _ENVIRONMENT.search(param.help or "")):
            found[match[1]] = f"as {param.opts[0]}, which counts more"
    return found
