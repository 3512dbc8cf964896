"""`bakegen help`: the help of a command, or its manual page."""

from __future__ import annotations

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual, unknown
from bakegen.cli.names import COMMAND
from bakegen.errors import ExitCode


@click.command(
    "help",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen help": "all commands",
            "bakegen help build": "as bakegen build --help",
            "bakegen help cache prune": "of a command below another",
            "bakegen help --man build | man -l -": "as a manual page",
            "bakegen help --man > ~/.local/share/man/man1/bakegen.1": "for man bakegen",
        },
        arguments={"COMMAND": "The command's name, and that of one below it; without any, bakegen itself."},
        see="completion",
    ),
)
@click.argument("words", nargs=-1, type=COMMAND, metavar="[COMMAND]...")
@click.option("--man", is_flag=True, help="Print a manual page, which man and groff read, instead of text.")
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...], man: bool) -> int:
    """Show the help of a command, or its manual page.

    Both are made of what the command says of itself: `bakegen COMMAND --help` prints the same text.
    """
    found = _context(ctx, words)
    if not man:
        # Where nobody looks at colours there are none: the page asks standard output.
        console.write(found.get_help() + "\n")
        return ExitCode.CLEAN
    from bakegen.cli.help_roff import page

    console.write(page(found))
    return ExitCode.CLEAN


def _context(ctx: click.Context, words: tuple[str, ...]) -> click.Context:
    """The context that the command `words` would run in; raises click.UsageError where there is none."""
    found = ctx.find_root()
    for word in words:
        group = found.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"{found.command_path} has no commands below it", ctx)
        one = group.get_command(found, word)
        if one is None:
            raise unknown(word, group, found)
        found = click.Context(one, parent=found, info_name=word, **one.context_settings)
    return found
