"""The scripts that teach shells to complete: ours for bash, click's for zsh and fish."""

from __future__ import annotations

from click.shell_completion import get_completion_class

from bakegen.cli.completing import VARIABLE

SHELLS = {
    "bash": "~/.local/share/bash-completion/completions/bakegen",
    "zsh": "~/.zfunc/_bakegen",
    "fish": "~/.config/fish/completions/bakegen.fish",
}
"""Shells, each with the file in which it looks for the script of a command (zsh: with ~/.zfunc in $fpath)."""

_BASH = """\
_bakegen_completion() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain)
                COMPREPLY+=("$value")
                case $value in *[=/]) compopt -o nospace ;; esac
                ;;
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" VARIABLE=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F _bakegen_completion bakegen 2>/dev/null || complete -F _bakegen_completion bakegen
"""


def script(shell: str) -> str:
    """The script for one of `SHELLS`."""
    if shell == "bash":
        return _BASH.replace("VARIABLE", VARIABLE)
    # The class asks for the command line only when it completes.
    from bakegen.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    return found(cli, {}, "bakegen", VARIABLE).source().strip("\n") + "\n"
