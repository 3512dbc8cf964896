"""What the help of a command says beside its options; `help_page` lays it out, `help_roff` makes a manual page of it.

A command declares it once, where it is defined::

    @click.command(
        "render",
        cls=Command,
        manual=Manual(
            examples={"bakegen render": "write the files", "bakegen render --check": "in CI"},
            arguments={"TARGETS": "Names, globs or groups; all without any."},
            headings={"Output": "--check --diff --format --output"},
            exits={0: "the files are as they should be", 1: "a committed file is out of date (--check)"},
            reads=PROJECT,
            writes="docker-bake.hcl, .bakegen/*.Dockerfile",
            see="build list",
        ),
    )

The docstring's first paragraph is the summary, one line; the others tell what the command does and what it does not.
Options that several commands share (`--project`, `--branch`, `--format` …) have their heading already; the others stand
below the heading that `headings` gives them, or below `Options`. Exit codes that every command can have (2, 70, and
those of signals) need not be named. Each example must be a command line that could be run: tests parse them.

Nothing is laid out before somebody asks for help: all of this is plain values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = "bakegen.yaml, each image.yaml, what they name (Dockerfiles, templates, contexts), bakegen.lock"
"""What commands read that open a project."""

_FEW = 8


class Manual:
    """What there is to say about a command.

    Attributes:
        examples: command lines, each with what it is for (may be empty).
        arguments: what positional arguments mean, by the name that the usage line gives them.
        headings: the options below each heading, as one text: ``"--check --diff"``.
        exits: what exit codes mean here.
        reads: the files that are read, in words.
        writes: the files that are written, in words; nothing where empty.
        see: names of related commands, with blanks in between.
        environment: variables that no option names, with what they do.
        notes: further sections, by heading; their text is shown as it is.
    """

    def __init__(
        self,
        *,
        examples: Mapping[str, str],
        arguments: Mapping[str, str] | None = None,
        headings: Mapping[str, str] | None = None,
        exits: Mapping[int, str] | None = None,
        reads: str = "",
        writes: str = "",
        see: str = "",
        environment: Mapping[str, str] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self.examples = examples
        self.arguments = arguments or {}
        self.headings = headings or {}
        self.exits = exits or {}
        self.reads = reads
        self.writes = writes
        self.see = see
        self.environment = environment or {}
        self.notes = notes or {}


def _with_help_options(options: dict[str, Any]) -> dict[str, Any]:
    """`options` of a command that has ``-h``, too, called with or without a parent: click keeps what it saw first."""
    settings = {"help_option_names": ["-h", "--help"], **(options.get("context_settings") or {})}
    return {**options, "context_settings": settings}


class Command(click.Command):
    """A command whose help has the sections of its `Manual`."""

    def __init__(self, *given: Any, manual: Manual | None = None, **options: Any) -> None:
        super().__init__(*given, **_with_help_options(options))
        self.manual = manual

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from bakegen.cli.help_page import write

        write(self, ctx, formatter)


class Group(click.Group):
    """As `Command`, for one that has commands below it; knows what an unknown one was meant to be."""

    command_class = Command

    def __init__(self, *given: Any, manual: Manual | None = None, **options: Any) -> None:
        super().__init__(*given, **_with_help_options(options))
        self.manual = manual

    def sections(self, ctx: click.Context) -> Mapping[str, Mapping[str, str]]:
        """The commands with their summaries, by heading."""
        from bakegen.cli.help_page import summary

        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        return {"Commands": {name: summary(one) for name, one in found.items() if one is not None and not one.hidden}}

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from bakegen.cli.help_page import write

        write(self, ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing and args[0][:1] != "-" and self.get_command(ctx, args[0]) is None:
            raise unknown(args[0], self, ctx)
        return super().resolve_command(ctx, args)


def unknown(name: str, group: click.Group, ctx: click.Context) -> click.UsageError:
    """What to say of a command that `group` does not have, with the one that it may be."""
    from bakegen.diagnostics import did_you_mean

    known = group.list_commands(ctx)
    hint = did_you_mean(name, known) or (f"there are {', '.join(known)}" if len(known) < _FEW else "")
    return click.UsageError(f"there is no command {name!r}" + (f"; {hint}" if hint else ""), ctx)
