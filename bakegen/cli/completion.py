"""`bakegen completion`: the script that teaches a shell bakegen's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from bakegen.cli import console
from bakegen.errors import ExitCode


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script for SHELL.

    \b
    bash: bakegen completion bash > ~/.local/share/bash-completion/completions/bakegen
    zsh:  bakegen completion zsh > a folder in $fpath, as _bakegen
    fish: bakegen completion fish > ~/.config/fish/completions/bakegen.fish
    """
    from bakegen.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    console.write(found(cli, {}, "bakegen", "_BAKEGEN_COMPLETE").source() + "\n")
    return ExitCode.CLEAN
