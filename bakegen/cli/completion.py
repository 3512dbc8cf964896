"""`bakegen completion`: the script that teaches a shell bakegen's commands, options and names."""

from __future__ import annotations

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.errors import ExitCode


@click.command(
    "completion",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen completion bash > ~/.local/share/bash-completion/completions/bakegen": "needs bash-completion",
            "source <(bakegen completion bash)": "in ~/.bashrc, without it",
            "bakegen completion zsh > ~/.zfunc/_bakegen": "with fpath+=~/.zfunc before compinit in ~/.zshrc",
            "bakegen completion fish > ~/.config/fish/completions/bakegen.fish": "",
        },
        arguments={"SHELL": "bash (4.4 or newer), zsh or fish."},
        see="help plugin",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="{bash|zsh|fish}")
def command(shell: str) -> int:
    """Print the completion script for a shell.

    It completes commands, options and values: targets, groups and artifacts of the project that the current folder is
    in, rules, rewrites, formats, branches and builders. Where the project cannot be read it completes what it can,
    without a word. `docker bakegen` is completed by docker's own script, once the plugin is installed.
    """
    from bakegen.cli.completion_scripts import script

    console.write(script(shell))
    return ExitCode.CLEAN
